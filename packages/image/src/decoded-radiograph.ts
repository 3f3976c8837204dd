import type { Doubt } from '@crrg/core';
import type { DecodeOptions } from './decode-options.js';
import { findImageDoubts, type ImageDoubtOptions } from './doubts.js';
import type { GreyImage } from './pixels.js';
import { rasterToGrey, type Raster } from './raster.js';
import type { ImageHeader } from './sniff.js';

/** Options of `decodeRadiograph`. */
export interface DecodeRadiographOptions extends DecodeOptions, ImageDoubtOptions {}

/** The pixels of a film, and what makes them doubtful. */
export interface DecodedRadiograph {
  readonly image: GreyImage;
  /** Of the file and of its pixels; one a code. */
  readonly doubts: readonly Doubt[];
}

/** The grey picture of a decoded file with its doubts. */
export function toDecodedRadiograph(
  raster: Raster,
  { orientationProblem, significantBits }: ImageHeader,
  options: ImageDoubtOptions,
): DecodedRadiograph {
  const image = rasterToGrey(raster);
  const orientation: Doubt = {
    code: 'orientation-not-applied',
    message: `the file names an orientation that was not applied: ${orientationProblem}. Turn the film upright and save it without.`,
  };
  const doubts = findImageDoubts(image, { significantBits, ...options });
  return { image, doubts: [...(orientationProblem === undefined ? [] : [orientation]), ...doubts] };
}
