import { float32, hostTensor } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { encodeElements, float16ToNumber, numberToFloat16, toHostTensor } from './convert.js';

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer.slice(0)) as Uint8Array;

describe('stored numbers', () => {
  it('decodes half floats: normal, subnormal, largest, infinite', () => {
    expect([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00].map(float16ToNumber)).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      Infinity,
    ]);
    expect(float16ToNumber(0x7e00)).toBeNaN();
  });

  it('gives every half float back bit for bit', () => {
    const patterns = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => !Number.isNaN(float16ToNumber(bits)),
    );
    expect(patterns.filter((bits) => numberToFloat16(float16ToNumber(bits)) !== bits)).toEqual([]);
  });

  it('rounds to the nearest half float, ties to even, and overflows to infinity', () => {
    expect(numberToFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToFloat16(2 ** -25)).toBe(0);
    expect(numberToFloat16(65519)).toBe(0x7bff);
    expect(numberToFloat16(65520)).toBe(0x7c00);
  });

  it('rounds to bfloat16 like torch does', () => {
    const tensor = float32([3], [0.4111015796661377, -0.23533451557159424, NaN]);
    const back = toHostTensor('bfloat16', [3], encodeElements(tensor, 'bfloat16'));
    expect([...back.data]).toEqual([0.41015625, -0.2353515625, NaN]);
  });

  it('rounds ties to the even bfloat16', () => {
    const rounded = (value: number) =>
      toHostTensor('bfloat16', [1], encodeElements(float32([1], [value]), 'bfloat16')).data[0];
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 3 * 2 ** -8].map(rounded)).toEqual([
      1,
      1 + 2 ** -6,
      -1 - 2 ** -6,
    ]);
  });

  it('refuses numbers that are too large for float32, and keeps infinity as it is', () => {
    const bytes = (...values: number[]) => bytesOf(Float64Array.from(values));
    expect(() => toHostTensor('float64', [2], bytes(1, -1e39))).toThrow('that fit float32, got -1e+39 at 1');
    expect([...toHostTensor('float64', [3], bytes(3.4e38, 1e-300, Infinity)).data].map(Math.fround)).toEqual([
      Math.fround(3.4e38),
      0,
      Infinity,
    ]);
  });

  it.each([
    ['float16', 65519, 65520],
    ['bfloat16', 3.38e38, 3.4e38],
  ] as const)('refuses to round a number to infinity in %s', (floats, fits, overflows) => {
    expect(() => encodeElements(float32([1], [fits]), floats)).not.toThrow();
    expect(() => encodeElements(float32([2], [0, -overflows]), floats)).toThrow(
      `expected numbers that fit ${floats}, got -`,
    );
    expect(() => encodeElements(float32([2], [Infinity, NaN]), floats)).not.toThrow();
  });

  it('reads 64-bit integers as int32 and refuses those that do not fit', () => {
    expect([...toHostTensor('int64', [2], bytesOf(new BigInt64Array([-3n, 7n]))).data]).toEqual([-3, 7]);
    const large = bytesOf(new BigInt64Array([2n ** 40n]));
    expect(() => toHostTensor('int64', [1], large)).toThrow('expected integers of 32 bits');
    expect([...toHostTensor('int64', [1], large, 'float32').data]).toEqual([2 ** 40]);
  });

  it('refuses floats as integers, and bytes other than 0 and 1 as bool', () => {
    expect(() => toHostTensor('float32', [1], new Uint8Array(4), 'int32')).toThrow(
      'expected integers, got float32',
    );
    expect(() => toHostTensor('bool', [2], Uint8Array.of(1, 2))).toThrow('expected 0 and 1 for bool, got 2');
  });

  it('reads unaligned bytes', () => {
    const bytes = new Uint8Array(9);
    bytes.set(encodeElements(hostTensor('float32', [2], [1.5, -2])), 1);
    expect([...toHostTensor('float32', [2], bytes.subarray(1)).data]).toEqual([1.5, -2]);
  });

  it('refuses bytes that do not fill the shape', () => {
    for (const length of [4, 9, 12])
      expect(() => toHostTensor('float32', [2], new Uint8Array(length))).toThrow(
        `expected 8 bytes for float32 [2], got ${length}`,
      );
  });
});
