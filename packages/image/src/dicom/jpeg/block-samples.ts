import type { JpegFrame } from '../../jpeg-frame.js';
import { damagedJpeg } from '../../jpeg-markers.js';
import type { JpegState } from '../../jpeg-walk.js';
import { createInverseDct } from './inverse-dct.js';
import { sampleArray, type Samples } from './samples.js';

/** By place in the data: the place in a block, in rows of 8 (ITU-T T.81, figure A.6). */
const ZIGZAG = zigzag();

/**
 * The samples of a frame of one channel from its coefficients.
 * @throws `ImageError` where the steps of the coefficients are missing
 */
export function blockSamples({ coefficients, steps }: JpegState, frame: JpegFrame): Samples {
  const component = frame.components[0]!;
  const values = coefficients.get(component)!;
  const stepsOf = steps.get(component);
  if (!stepsOf || stepsOf.includes(0)) throw damagedJpeg('its steps of grey are missing');
  const { width, height, bitDepth } = frame;
  const samples = sampleArray(frame);
  const invert = createInverseDct(bitDepth);
  const block = new Float64Array(64);
  const blocksAcross = Math.ceil(width / (8 * component.across)) * component.across;
  for (let y = 0; y < height; y += 8)
    for (let x = 0; x < width; x += 8) {
      const base = ((y >> 3) * blocksAcross + (x >> 3)) * 64;
      for (let k = 0; k < 64; k++) block[ZIGZAG[k]!] = values[base + k]! * stepsOf[k]!;
      invert(block);
      placeBlock(block, samples, frame, x, y);
    }
  return samples;
}

/** Writes the part of a block that lies in the picture, from the middle of the range to the range. */
function placeBlock(
  block: Float64Array,
  samples: Samples,
  frame: JpegFrame,
  left: number,
  top: number,
): void {
  const { width, height, bitDepth } = frame;
  const middle = 2 ** (bitDepth - 1);
  const highest = 2 ** bitDepth - 1;
  const across = Math.min(8, width - left);
  const down = Math.min(8, height - top);
  for (let y = 0; y < down; y++)
    for (let x = 0; x < across; x++) {
      const grey = block[y * 8 + x]! + middle;
      samples[(top + y) * width + left + x] = grey < 0 ? 0 : grey > highest ? highest : grey;
    }
}

function zigzag(): Uint8Array {
  const places = Array.from({ length: 64 }, (_, place) => place);
  const diagonal = (place: number) => (place >> 3) + (place & 7);
  // Even diagonals run upwards, odd ones downwards.
  const along = (place: number) => (diagonal(place) % 2 === 0 ? place & 7 : place >> 3);
  return Uint8Array.from(places.sort((a, b) => diagonal(a) - diagonal(b) || along(a) - along(b)));
}
