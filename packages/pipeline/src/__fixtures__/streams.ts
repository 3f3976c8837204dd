import { createRandom } from '@crrg/core';
import { greyImage, type GreyImage } from '@crrg/image';
import type { Report } from '../report.js';

/** A film of noise. @internal */
export function noiseFilm(seed: number, width = 200, height = 150): GreyImage {
  const random = createRandom(seed);
  return greyImage(
    width,
    height,
    Uint8Array.from({ length: width * height }, () => random.integer(256)),
  );
}

/** A report without how long it took. @internal */
export const withoutTimes = ({ provenance: { durations: _, ...provenance }, ...report }: Report) => ({
  ...report,
  provenance,
});

/** All values of a stream. @internal */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
