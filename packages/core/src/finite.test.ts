import { describe, expect, it } from 'vitest';
import { BackendError } from './errors.js';
import { requireFinite } from './finite.js';

describe('numbers of a network', () => {
  it('pass where all are finite, and where there are none', () => {
    expect(() => requireFinite('test', 'scores', Float32Array.of(0, -1e30, 3))).not.toThrow();
    expect(() => requireFinite('test', 'scores', [])).not.toThrow();
  });

  it.each([NaN, Infinity, -Infinity])('are an error that names the part where the last is %s', (value) => {
    const check = () => requireFinite('test', 'scores of the part', Float32Array.of(1, value));
    expect(check).toThrow(BackendError);
    expect(check).toThrow(`test: expected finite scores of the part, got ${value}; check the weights`);
  });
});
