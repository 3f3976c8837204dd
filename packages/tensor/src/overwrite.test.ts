import { describe, expect, it } from 'vitest';
import type { Tensor } from './graph.js';
import type { Ops } from './operations.js';
import { canOverwrite } from './overwrite.js';
import { trace } from './trace.js';

type Build = (ops: Ops, state: Tensor, x: Tensor) => Record<string, Tensor>;

/** Whether `next` may be written over `state`, both `[2, 2]`. */
function mayOverwrite(build: Build): boolean {
  const shape = [2, 2];
  const graph = trace({ inputs: { state: { shape }, x: { shape } } }, (ops, { inputs }) =>
    build(ops, inputs['state']!, inputs['x']!),
  );
  return canOverwrite(graph, { output: 'next', input: 'state' });
}

describe('canOverwrite', () => {
  it('allows an output whose operation reads the input value by value, also after others have read it', () => {
    expect(mayOverwrite((ops, state, x) => ({ next: ops.add(state, x) }))).toBe(true);
    expect(
      mayOverwrite((ops, state, x) => ({ next: ops.sub(state, ops.matmul(ops.mul(state, 2), x)) })),
    ).toBe(true);
  });

  it('allows any operation that does not read the input itself and comes after all that do', () => {
    expect(mayOverwrite((ops, state, x) => ({ next: ops.matmul(ops.mul(state, 2), x) }))).toBe(true);
    expect(mayOverwrite((ops, _state, x) => ({ next: ops.matmul(x, x) }))).toBe(true);
  });

  it('refuses an operation that reads the input elsewhere than where it writes', () => {
    expect(mayOverwrite((ops, state, x) => ({ next: ops.matmul(state, x) }))).toBe(false);
    expect(mayOverwrite((ops, state) => ({ next: ops.transpose(state, [1, 0]) }))).toBe(false);
    expect(mayOverwrite((ops, state) => ({ next: ops.add(state, ops.transpose(state, [1, 0])) }))).toBe(
      false,
    );
    const corner = { axes: [1], starts: [0], ends: [1] };
    expect(mayOverwrite((ops, state) => ({ next: ops.add(state, ops.slice(state, corner)) }))).toBe(false);
  });

  it('refuses where another operation may read the input afterwards, also through a view', () => {
    expect(mayOverwrite((ops, state, x) => ({ next: ops.add(state, x), other: ops.exp(state) }))).toBe(false);
    expect(
      mayOverwrite((ops, state, x) => ({
        next: ops.add(state, x),
        other: ops.exp(ops.reshape(state, [4])),
      })),
    ).toBe(false);
  });

  it('refuses an output that is an input, and one of another size', () => {
    expect(mayOverwrite((_ops, state) => ({ next: state }))).toBe(false);
    expect(mayOverwrite((_ops, _state, x) => ({ next: x }))).toBe(false);
    expect(mayOverwrite((ops, state) => ({ next: ops.sum(state) }))).toBe(false);
    expect(mayOverwrite((ops, state) => ({ other: ops.exp(state) }))).toBe(false);
  });
});
