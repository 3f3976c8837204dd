import { float32, sizeOf, type HostTensor } from '@crrg/tensor';

/** Of what a tensor takes when it outgrows its array: it goes on growing. */
const ROOM = 1.5;

/**
 * Arrays that the recent block of a cache is written to, two for each of its tensors: a step reads one and writes the other. New arrays in
 * every step would be collected as often, which takes longer than writing them.
 */
export class RecentArrays {
  private readonly arrays = new Map<string, readonly [last: Float32Array, next: Float32Array]>();

  /** Places for the next values of these tensors, which are not where their last ones are. */
  places(names: readonly string[], shape: readonly number[]): Record<string, HostTensor<'float32'>> {
    const size = sizeOf(shape);
    return Object.fromEntries(
      names.map((name) => {
        const [last, next] = this.arrays.get(name) ?? [new Float32Array(0), new Float32Array(0)];
        const array = next.length < size ? new Float32Array(Math.ceil(ROOM * size)) : next;
        this.arrays.set(name, [array, last]);
        return [name, float32(shape, array.subarray(0, size))];
      }),
    );
  }
}
