import { ImageError, mergeDoubts, type Doubt } from '@crrg/core';
import { assertGreyImage, assertUsableRadiograph, findImageDoubts } from '@crrg/image';
import type { StrictOptions } from '../options.js';
import type { Radiograph } from '../radiograph.js';

/** What is about to read a radiograph. */
interface Reading extends StrictOptions {
  /** The models, with the side of their inputs in pixels. */
  readonly readers: readonly { readonly preprocessing: { readonly size: number } }[];
  /** Doubts about the models themselves. */
  readonly modelDoubts?: readonly Doubt[] | undefined;
}

/**
 * Every doubt about an answer that is known before the networks run: of the file, of its pixels, of the models.
 * @throws {ImageError} for pixels that are no grey picture large enough to show a chest, and for any doubt where `strict` is set, with
 * the doubts in `details.doubts`
 */
export function checkRadiograph(
  where: string,
  { image, doubts }: Pick<Radiograph, 'image' | 'doubts'>,
  { readers, modelDoubts = [], strict }: Reading,
): Doubt[] {
  assertGreyImage(image, `pipeline.${where}`);
  assertUsableRadiograph(image);
  const inputSize = Math.max(...readers.map(({ preprocessing }) => preprocessing.size));
  const found = mergeDoubts(doubts, findImageDoubts(image, { inputSize }), modelDoubts);
  if (strict) refuseDoubts(where, found);
  return found;
}

/** @throws {ImageError} for any doubt, with the doubts in `details.doubts` */
export function refuseDoubts(where: string, doubts: readonly Doubt[]): void {
  if (doubts.length === 0) return;
  const said = doubts.map(({ code, message }) => `${code} (${message})`).join('; ');
  throw new ImageError(`pipeline.${where}: expected a film without doubts, got ${said}`, {
    details: { doubts },
  });
}
