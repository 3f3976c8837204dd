import { CheckpointError, roundHalfToEven } from '@crrg/core';
import { sizeOf, type DType, type HostTensor } from '@crrg/tensor';
import { BYTES_PER_ELEMENT, type StoredDType } from './dtype.js';

/** Whether numbers lie in this machine's memory as they do in files. */
export const littleEndianHost = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** A typed array of stored numbers. */
export type StoredArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type ViewConstructor = new (buffer: ArrayBuffer) => StoredArray;

const VIEWS: Readonly<Record<StoredDType, ViewConstructor>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Reverses the bytes of each element in place. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}

/** A typed array over little-endian bytes: the same memory where they fill an aligned buffer of their own, else a copy. Halves come as their 16 bits. */
function typedArray(dtype: StoredDType, bytes: Uint8Array): StoredArray {
  const ownsBuffer = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  if (littleEndianHost && ownsBuffer) return new VIEWS[dtype](bytes.buffer as ArrayBuffer);
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  if (!littleEndianHost) swapBytes(copy, BYTES_PER_ELEMENT[dtype]);
  return new VIEWS[dtype](copy.buffer);
}

/** The number that an IEEE 754 binary16 pattern stands for. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest IEEE 754 binary16 pattern, ties to even; overflow gives infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const step = 2 ** (Math.max(exponent, -14) - 10);
  const units = roundHalfToEven(magnitude / step);
  return sign | (units + ((Math.max(exponent, -14) + 14) << 10));
}

let halfTable: Float32Array | undefined;

function decodeHalf(bits: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, pattern) => float16ToNumber(pattern));
  const table = halfTable;
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = table[bits[i]!]!;
  return result;
}

function decodeBfloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** The type that {@link toHostTensor} picks where none is asked for. */
export function defaultDType(dtype: StoredDType): DType {
  if (dtype === 'bool') return 'bool';
  return dtype.includes('float') ? 'float32' : 'int32';
}

/** Stored numbers as a JavaScript array: halves decoded, 64-bit integers as bigint. May share memory with `bytes`. */
export function decodeElements(dtype: StoredDType, bytes: Uint8Array): StoredArray {
  const view = typedArray(dtype, bytes);
  if (dtype === 'float16') return decodeHalf(view as Uint16Array);
  if (dtype === 'bfloat16') return decodeBfloat(view as Uint16Array);
  return view;
}

/**
 * A host tensor from contiguous little-endian bytes. Floats become float32 (float64 is rounded); integers become int32 or,
 * when asked, float32; bool accepts only 0 and 1. Nothing else is converted. The result may share memory with `bytes`.
 * @throws {CheckpointError} where a value does not fit, or a float is asked for as an integer
 */
export function toHostTensor(
  dtype: StoredDType,
  shape: readonly number[],
  bytes: Uint8Array,
  as: DType = defaultDType(dtype),
  where = 'checkpoints.toHostTensor',
): HostTensor {
  const expected = sizeOf(shape) * BYTES_PER_ELEMENT[dtype];
  if (bytes.byteLength !== expected) {
    throw new CheckpointError(
      `${where}: expected ${expected} bytes for ${dtype} [${shape.join(', ')}], got ${bytes.byteLength}.`,
    );
  }
  const values = decodeElements(dtype, bytes);
  if (as === 'float32') return { dtype: as, shape, data: toFloat32(values, where) };
  if (as === 'int32') return { dtype: as, shape, data: toInt32(dtype, values, where) };
  return { dtype: as, shape, data: toBool(dtype, values, where) };
}

function toFloat32(values: StoredArray, where: string): Float32Array {
  if (values instanceof Float32Array) return values;
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    result[i] = value;
    if (Math.abs(result[i]!) === Infinity && Number.isFinite(value))
      throw new CheckpointError(`${where}: expected numbers that fit float32, got ${value} at ${i}.`);
  }
  return result;
}

function toInt32(dtype: StoredDType, values: StoredArray, where: string): Int32Array {
  if (values instanceof Int32Array) return values;
  if (dtype.includes('float')) {
    throw new CheckpointError(`${where}: expected integers, got ${dtype}; read it as float32.`);
  }
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value !== (value | 0)) {
      throw new CheckpointError(`${where}: expected integers of 32 bits, got ${value}; read it as float32.`);
    }
    result[i] = value;
  }
  return result;
}

function toBool(dtype: StoredDType, values: StoredArray, where: string): Uint8Array {
  const result = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value !== 0 && value !== 1) {
      throw new CheckpointError(
        `${where}: expected 0 and 1 for bool, got ${value} in ${dtype}; read it as a number.`,
      );
    }
    result[i] = value;
  }
  return result;
}

/** The stored type that {@link encodeElements} writes a graph type as, unless another float width is asked for. */
export function storedDType(dtype: DType, floats: FloatStorage = 'float32'): StoredDType {
  return dtype === 'float32' ? floats : dtype;
}

/** Widths in which floats can be written. */
export type FloatStorage = 'float32' | 'float16' | 'bfloat16';

/**
 * Little-endian bytes of a host tensor; float16 and bfloat16 are rounded to nearest, ties to even.
 * @throws {CheckpointError} where a finite number is too large for the narrower type
 */
export function encodeElements(tensor: HostTensor, floats: FloatStorage = 'float32'): Uint8Array {
  const stored = storedDType(tensor.dtype, floats);
  const data =
    tensor.dtype === 'float32' && floats !== 'float32'
      ? encodeHalves(tensor.data as Float32Array, floats)
      : tensor.data;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (littleEndianHost) return bytes;
  const copy = bytes.slice();
  swapBytes(copy, BYTES_PER_ELEMENT[stored]);
  return copy;
}

function encodeHalves(values: Float32Array, floats: 'float16' | 'bfloat16'): Uint16Array {
  const bits = floats === 'float16' ? Uint16Array.from(values, numberToFloat16) : encodeBfloat(values);
  const infinity = floats === 'float16' ? 0x7c00 : 0x7f80;
  const at = bits.findIndex(
    (pattern, index) => (pattern & 0x7fff) === infinity && Number.isFinite(values[index]),
  );
  if (at >= 0)
    throw new CheckpointError(
      `checkpoints.encodeElements: expected numbers that fit ${floats}, got ${values[at]} at ${at}; store them as float32.`,
    );
  return bits;
}

function encodeBfloat(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(words, (word, index) => {
    if (Number.isNaN(values[index])) return 0x7fc0;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}
