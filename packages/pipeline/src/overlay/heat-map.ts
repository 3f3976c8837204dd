import type { Box } from '@crrg/core';
import { greyImage, greyToRgb, resizeBilinear } from '@crrg/image';
import { toPngHref } from './image-href.js';

/** A grid of cells to lay over a film. */
export interface OverlayHeatMap {
  /** What the map is of, with its score: `Pneumonia 73 %`. */
  readonly label: string;
  /** `image` frame, in pixels. */
  readonly box: Box;
  readonly height: number;
  readonly width: number;
  /** Row by row, in [0, 1]. */
  readonly values: readonly number[];
}

/** Pixels of the smooth mask per cell. */
const PIXELS_PER_CELL = 16;
/** Orange on grey: seen alike with and without red-green vision. */
const COLOUR = '#FF7A1A';
const OPACITY = 0.55;

/** A smooth layer of one colour, the denser the larger the value. `scale` turns film pixels into those of the drawing. */
export function renderHeatMap({ box, height, width, values }: OverlayHeatMap, scale: number): string {
  const cells = greyImage(
    width,
    height,
    Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
  );
  const smooth = resizeBilinear(greyToRgb(cells), {
    width: width * PIXELS_PER_CELL,
    height: height * PIXELS_PER_CELL,
  });
  const place =
    `x="${(box.x1 * scale).toFixed(1)}" y="${(box.y1 * scale).toFixed(1)}" ` +
    `width="${((box.x2 - box.x1) * scale).toFixed(1)}" height="${((box.y2 - box.y1) * scale).toFixed(1)}"`;
  return [
    `<mask id="heat" maskUnits="userSpaceOnUse" ${place}><image href="${toPngHref(smooth)}" ${place} preserveAspectRatio="none"/></mask>`,
    `<rect ${place} fill="${COLOUR}" fill-opacity="${OPACITY}" mask="url(#heat)"/>`,
  ].join('\n');
}
