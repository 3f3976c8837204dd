import type { Doubt } from '@crrg/core';
import type { DecodeOptions } from './decode-options.js';
import { findImageDoubts, type ImageDoubtOptions } from './doubts.js';
import type { GreyImage } from './pixels.js';
import { rasterToGrey, type Raster } from './raster.js';

/** Options of `decodeRadiograph`. */
export interface DecodeRadiographOptions extends DecodeOptions, ImageDoubtOptions {}

/** The pixels of a film, and what makes them doubtful. */
export interface DecodedRadiograph {
  readonly image: GreyImage;
  /** Of the file and of its pixels; one a code. */
  readonly doubts: readonly Doubt[];
}

/** The grey picture of a decoded file with its doubts. */
export function toDecodedRadiograph(raster: Raster, options: ImageDoubtOptions): DecodedRadiograph {
  const image = rasterToGrey(raster);
  return { image, doubts: findImageDoubts(image, options) };
}
