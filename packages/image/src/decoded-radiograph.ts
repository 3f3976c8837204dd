import { mergeDoubts, type Doubt } from '@crrg/core';
import type { DecodeOptions } from './decode-options.js';
import type { DicomPicture, DicomProvenance } from './dicom/read-dicom.js';
import { findImageDoubts, type ImageDoubtOptions } from './doubts.js';
import type { GreyImage } from './pixels.js';
import { rasterToGrey, type Raster } from './raster.js';
import type { ImageHeader } from './sniff.js';

/** Options of `decodeRadiograph`. */
export interface DecodeRadiographOptions extends DecodeOptions, ImageDoubtOptions {
  /**
   * Tells the UIDs of a DICOM file in `dicom.identifiers`; they identify a patient to whoever has the archive.
   * @defaultValue false
   */
  readonly identifiers?: boolean | undefined;
}

/** The pixels of a film, and what makes them doubtful. */
export interface DecodedRadiograph {
  readonly image: GreyImage;
  /** Of the file and of its pixels; one a code. */
  readonly doubts: readonly Doubt[];
  /** How the picture came about, where the file is DICOM. */
  readonly dicom?: DicomProvenance | undefined;
}

/** The picture of a DICOM file with the doubts of its attributes and of its pixels; of two with one code the attribute's. */
export function dicomRadiograph(
  { image, doubts, provenance }: DicomPicture,
  options: ImageDoubtOptions,
): DecodedRadiograph {
  return { image, doubts: mergeDoubts(doubts, findImageDoubts(image, options)), dicom: provenance };
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
