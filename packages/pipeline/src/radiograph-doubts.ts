import { ImageError, mergeDoubts, type Doubt } from '@crrg/core';
import { assertGreyImage, assertUsableRadiograph, findImageDoubts } from '@crrg/image';
import type { Radiograph } from './report-pipeline.js';

/** Whether doubts are only said, or refused. */
export interface StrictOptions {
  /** Refuses a film about which there is any doubt, instead of naming the doubts in the result. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/** What is about to read a radiograph. */
interface Readers extends StrictOptions {
  /** Sides of the networks' inputs, in pixels. */
  readonly inputSizes: readonly number[];
  /** Doubts about the models themselves. */
  readonly modelDoubts?: readonly Doubt[] | undefined;
}

/**
 * Every doubt about an answer that is known before the networks run: of the file, of its pixels, of the models.
 * @throws {ImageError} for pixels that are no grey picture large enough to show a chest, and for any doubt where `strict` is set, with
 * the doubts in `details.doubts`
 */
export function checkRadiograph(where: string, { image, doubts }: Radiograph, readers: Readers): Doubt[] {
  assertGreyImage(image, `pipeline.${where}`);
  assertUsableRadiograph(image);
  const ofPixels = findImageDoubts(image, { inputSize: Math.max(...readers.inputSizes) });
  const found = mergeDoubts(doubts, ofPixels, readers.modelDoubts ?? []);
  if (readers.strict) refuseDoubts(where, found);
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
