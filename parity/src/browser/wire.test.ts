import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './wire.js';

const sent = <T>(value: T) => decodeMessage(encodeMessage(value)) as T;

describe('a message to a page', () => {
  it('keeps what JSON would lose', () => {
    const value = {
      numbers: [NaN, Infinity, -Infinity, -0, 1e-45, 0.1],
      nothing: undefined,
      none: null,
      names: new Map([['__proto__', { constructor: 1 }]]),
      text: 'é\u0000',
    };
    expect(sent(value)).toEqual(value);
    expect(Object.is(sent([-0])[0], -0)).toBe(true);
    expect(sent(JSON.parse('{"__proto__": 3}') as object)).toEqual(JSON.parse('{"__proto__": 3}'));
  });

  it('keeps arrays by type and bits, also parts of larger ones, and copies them', () => {
    const floats = new Float32Array([9, 0.1, NaN, -0]).subarray(1);
    const value = {
      floats,
      ints: Int32Array.of(-1),
      bytes: Uint8Array.of(1, 2, 3),
      wide: Float64Array.of(0.1),
    };
    const got = sent(value);
    expect(got).toEqual(value);
    expect(got.floats).toBeInstanceOf(Float32Array);
    floats[0] = 5;
    expect(got.floats[0]).toBeCloseTo(0.1, 6);
  });

  it('keeps one object that occurs twice one object, and circles closed', () => {
    const tensor: { id: number; self?: object } = { id: 1 };
    tensor.self = tensor;
    const got = sent({ output: tensor, inputs: [tensor] });
    expect(got.inputs[0]).toBe(got.output);
    expect(got.output.self).toBe(got.output);
  });

  it('refuses what has no data', () => {
    expect(() => encodeMessage({ read: () => 1 })).toThrow('a function cannot be sent to a page');
    expect(() => encodeMessage(new BigInt64Array(1))).toThrow('a BigInt64Array cannot be sent to a page');
  });
});
