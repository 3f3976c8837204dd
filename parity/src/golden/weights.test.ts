import { describe, expect, it } from 'vitest';
import { seedOf, type Manifest } from './weights.js';

describe('the seed of a case', () => {
  const manifest = (seed: string) => ({ manifest: { seed, settings: {}, params: [] } satisfies Manifest });
  it('is its own, else that of its weights, else that of all weights', () => {
    const same = new Map([
      ['a', manifest('one')],
      ['b', manifest('one')],
    ]);
    const different = new Map([
      ['a', manifest('one')],
      ['b', manifest('two')],
    ]);
    expect(seedOf({ seed: 'own', config: 'a' }, same)).toBe('own');
    expect(seedOf({ config: 'b' }, different)).toBe('two');
    expect(seedOf({}, same)).toBe('one');
    expect(seedOf({}, different)).toBeUndefined();
    expect(seedOf({}, new Map())).toBeUndefined();
  });
});
