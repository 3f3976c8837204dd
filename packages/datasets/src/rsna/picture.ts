import { ImageError } from '@crrg/core';
import { greyImage, type GreyImage } from '@crrg/image';
import { resizeLinear, resizeLinearBytes } from './resize-linear.js';

/** Pixels of the shorter side. */
const SHORTER_SIDE = 512;

/**
 * Size of the picture of a film: the shorter side becomes 512, both are cut to whole numbers. In double precision `side * (512 / side)` can
 * be just below 512, which leaves 511, as in the reference.
 */
export function pictureSize({ width, height }: { readonly width: number; readonly height: number }) {
  const ratio = SHORTER_SIDE / Math.min(width, height);
  return { width: Math.trunc(width * ratio), height: Math.trunc(height * ratio) };
}

/** Lowest and highest value of a film whose greys span them: `range` of its DICOM provenance where that is of kind `span`. */
export interface StoredSpan {
  readonly low: number;
  readonly high: number;
}

/** The stored whole numbers of an 8-bit film, which its greys were stretched from. */
function storedValues(film: GreyImage, { low, high }: StoredSpan): GreyImage {
  const step = (high - low) / 255;
  return { ...film, data: film.data.map((grey) => Math.round(grey * step)) };
}

/** Whether the reference resizes the film as whole numbers, which rounds. */
const isWhole = (film: GreyImage, span: StoredSpan | undefined): span is StoredSpan =>
  film.bitDepth === 8 && span !== undefined && span.low >= 0 && span.high <= 255;

function toBytes(values: Float64Array): Uint8Array {
  const [darkest, brightest] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity] as [number, number],
  );
  if (darkest === brightest)
    throw new ImageError('datasets.toRsnaPicture: expected a film, got equal pixels; leave it out.');
  const span = brightest - darkest;
  return Uint8Array.from(values, (value) => Math.trunc(((value - darkest) / span) * 255));
}

/**
 * The 8-bit picture that CXR-CLIP trains on, from a film in grey levels of any span: shorter side 512, bilinear as OpenCV (the source names
 * Lanczos, but passes it in the wrong place), then the darkest pixel 0, the brightest 255, fractions cut off.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia and docs/reference/traps.md#t30.
 * @param film windowed and inverted as its DICOM file says, as `decodeImage` of `@crrg/image/node` gives it
 * @param span brings a film of 8 bits without a window closer to the reference, which rounds stored values between resizing and stretching
 * @throws {@link ImageError} where all pixels are equal
 */
export function toRsnaPicture(film: GreyImage, span?: StoredSpan): GreyImage {
  const size = pictureSize(film);
  const values = isWhole(film, span)
    ? resizeLinearBytes(storedValues(film, span), size)
    : resizeLinear(film, size);
  return greyImage(size.width, size.height, toBytes(values));
}
