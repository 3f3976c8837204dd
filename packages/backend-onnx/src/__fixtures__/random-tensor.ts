import { createRandom } from '@crrg/core';
import { float32, sizeOf, type HostTensor } from '@crrg/tensor';

/** Numbers of the standard normal distribution. */
export function randomTensor(shape: readonly number[], seed: number): HostTensor<'float32'> {
  const random = createRandom(seed);
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
}
