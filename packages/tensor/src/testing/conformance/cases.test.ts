import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../registry.js';
import { trace } from '../../trace.js';
import { CONFORMANCE_CASES } from './cases.js';

describe('CONFORMANCE_CASES', () => {
  it('meet every operation, so that no backend can lack one', () => {
    const met: string[] = CONFORMANCE_CASES.flatMap(({ inputs, build }) =>
      trace({ inputs }, (ops, scope) => ({ y: build(ops, scope.inputs) })).nodes.map(({ op }) => op),
    );
    expect(Object.keys(OPERATIONS).filter((name) => !met.includes(name))).toEqual([]);
  });
});
