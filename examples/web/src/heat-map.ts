import type { HeatMap } from '@crrg/pipeline';

/** Orange on grey: seen alike with and without red-green vision. */
const COLOUR = [255, 122, 26] as const;
const OPACITY = 0.6;

/** The cells as a picture of one pixel each, which the browser smooths when it enlarges it. */
export function heatMapHref({ height, width, values }: Omit<HeatMap, 'box'>): string {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const pixels = context.createImageData(width, height);
  values.forEach((value, cell) => pixels.data.set([...COLOUR, Math.round(255 * OPACITY * value)], 4 * cell));
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}
