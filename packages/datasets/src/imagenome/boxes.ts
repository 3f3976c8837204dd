import type { Box, Size } from '@crrg/core';

/** Whether a box has no area or lies outside the picture; one on the border does. docs/reference/datasets.md#boxes. */
function isFaulty({ x1, y1, x2, y2 }: Box, { width, height }: Size): boolean {
  return x1 === x2 || y1 === y2 || x2 <= 0 || y2 <= 0 || x1 >= width || y1 >= height;
}

const clamp = (value: number, limit: number) => Math.min(Math.max(value, 0), limit);

/**
 * A box of a scene graph as the tables take it: cut to the picture, or null where it is faulty. One with x1 > x2 is kept as it is, which the
 * reference does too.
 *
 * Source: docs/reference/datasets.md#boxes.
 * @param size of the stored picture, as its JPEG header says
 */
export function usableBox(box: Box, size: Size): Box | null {
  if (isFaulty(box, size)) return null;
  return {
    x1: clamp(box.x1, size.width),
    y1: clamp(box.y1, size.height),
    x2: clamp(box.x2, size.width),
    y2: clamp(box.y2, size.height),
  };
}

/** Whether corners are in order, as training and evaluation need them. */
export const isOrdered = ({ x1, y1, x2, y2 }: Box): boolean => x1 < x2 && y1 < y2;
