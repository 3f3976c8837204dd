import { ShapeError } from '@crrg/core';

/** Element types that graphs compute with. `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

/** Storage of each {@link DType}. */
export interface DataTypes {
  float32: Float32Array;
  int32: Int32Array;
  bool: Uint8Array;
}

/** Where a tensor's numbers lie in a file: row-major, little-endian, so that an engine may map them. */
export interface FileRange {
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes of the whole file, and when it was changed (`ctimeMs`); with others it is not the file that was checked. */
  readonly size: number;
  readonly changed: number;
}

/** A dense, row-major array in JavaScript memory, or one that is read from its file each time `data` is asked for. */
export interface HostTensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataTypes[D];
  /** Of an array that stays in its file. */
  readonly file?: FileRange | undefined;
  /** Of the same: fills `target` with the numbers from `start` on. */
  readInto?(target: DataTypes[D], start: number): void;
}

/** Bytes that the numbers of a tensor take. */
export function byteLengthOf({ dtype, shape }: Pick<HostTensor, 'dtype' | 'shape'>): number {
  return sizeOf(shape) * arrayTypeOf(dtype).BYTES_PER_ELEMENT;
}

/** A host tensor whose numbers stay where they are: `readInto` gives them anew each time they are asked for. */
export function deferredTensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  file: FileRange,
  readInto: (target: DataTypes[D], start: number) => void,
): HostTensor<D> {
  return {
    dtype,
    shape,
    file,
    readInto,
    get data() {
      const all = allocate(dtype, sizeOf(shape));
      readInto(all, 0);
      return all;
    },
  };
}

/** The same numbers in another shape of as many elements. They are not read. */
export function reshapeTensor<D extends DType>(
  tensor: HostTensor<D>,
  shape: readonly number[],
): HostTensor<D> {
  const { dtype, file } = tensor;
  return file && tensor.readInto
    ? deferredTensor(dtype, shape, file, (target, start) => tensor.readInto!(target, start))
    : { dtype, shape, data: tensor.data };
}

/**
 * Gives runs of a tensor's numbers, each until the next is asked for: views of what is in memory, and one array, used again and again, for what
 * stays in a file.
 */
export function runReader<D extends DType>(
  tensor: HostTensor<D>,
): (start: number, length: number) => DataTypes[D] {
  const { dtype } = tensor;
  if (!tensor.readInto) return (start, length) => tensor.data.subarray(start, start + length) as DataTypes[D];
  let kept = allocate(dtype, 0);
  return (start, length) => {
    if (kept.length < length) kept = allocate(dtype, length);
    const run = kept.subarray(0, length) as DataTypes[D];
    tensor.readInto!(run, start);
    return run;
  };
}

/** Named weights. */
export type StateDict = ReadonlyMap<string, HostTensor>;

/** The JavaScript array that holds a {@link DType}. */
export function arrayTypeOf(dtype: DType): typeof Float32Array | typeof Int32Array | typeof Uint8Array {
  return { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
}

/** Number of elements of a fixed shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/**
 * A host tensor over the given data (not copied).
 * @throws {ShapeError} where the shape does not hold as many elements, or is not made of whole numbers from 0 on
 */
export function hostTensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: DataTypes[D] | readonly number[],
): HostTensor<D> {
  const typed = Array.isArray(data) ? allocate(dtype, data.length, data) : (data as DataTypes[D]);
  if (typed.length !== sizeOf(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new ShapeError(
      `tensor.hostTensor: expected ${sizeOf(shape)} elements for [${shape.join(', ')}], got ${typed.length}; check the shape.`,
    );
  }
  return { dtype, shape, data: typed };
}

/** A float32 host tensor. */
export function float32(
  shape: readonly number[],
  data: Float32Array | readonly number[],
): HostTensor<'float32'> {
  return hostTensor('float32', shape, data);
}

/** An int32 host tensor. */
export function int32(shape: readonly number[], data: Int32Array | readonly number[]): HostTensor<'int32'> {
  return hostTensor('int32', shape, data);
}

/** Rows of a flat `[R, width]` list, in the given order. */
export function takeRows(values: Float32Array, rows: ArrayLike<number>, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let at = 0; at < rows.length; at++)
    taken.set(values.subarray(rows[at]! * width, (rows[at]! + 1) * width), at * width);
  return taken;
}

/** A host tensor of zeros. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): HostTensor<D> {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

function allocate<D extends DType>(dtype: D, length: number, values?: readonly number[]): DataTypes[D] {
  const array = new (arrayTypeOf(dtype))(length);
  if (values) array.set(values);
  return array as DataTypes[D];
}
