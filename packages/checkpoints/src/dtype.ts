/** Element types that weight files store. Conversion to the three types that graphs use is {@link toHostTensor}. */
export type StoredDType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'uint32'
  | 'int16'
  | 'uint16'
  | 'int8'
  | 'uint8'
  | 'bool';

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: Readonly<Record<StoredDType, number>> = {
  float64: 8,
  int64: 8,
  uint64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/**
 * Number of elements of an untrusted shape, or undefined where a size is not a whole number >= 0 or the product is not
 * exact. Sizes of a zero-element shape are still bounded, so that `[0, 1e300]` does not pass.
 */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  let bound = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    count *= size as number;
    bound *= Math.max(1, size as number);
    if (!Number.isSafeInteger(bound)) return undefined;
  }
  return count;
}

/** Bytes of a tensor of a usable shape as it is stored. */
export function storedSize({
  dtype,
  shape,
}: {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
}): number {
  return (elementCount(shape) ?? 0) * BYTES_PER_ELEMENT[dtype];
}
