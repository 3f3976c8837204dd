import { MetricsError } from '../errors.js';

/** An axis-aligned box: corners in float pixels, origin at the top left, half-open. All boxes of one call lie in one frame. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Area in square pixels; 0 for an inverted box. @internal */
export function areaOf(box: Box): number {
  return Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1);
}

/** Area shared by two boxes in square pixels. @internal */
export function intersectionOf(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return Math.max(0, width) * Math.max(0, height);
}

/** Refuses boxes with a corner that is not finite. @internal */
export function checkBox(where: string, box: Box, name: string): void {
  if ([box.x1, box.y1, box.x2, box.y2].every(Number.isFinite)) return;
  throw new MetricsError(
    'INPUT',
    `metrics.${where}: expected a box of finite corners for ${name}, got ${JSON.stringify(box)}; leave out what was not found.`,
  );
}

/**
 * Intersection over union of two boxes, in [0, 1]; 0 where both are empty.
 *
 * @example
 * ```ts
 * computeIou({ x1: 0, y1: 0, x2: 2, y2: 2 }, { x1: 1, y1: 0, x2: 3, y2: 2 }); // 1/3
 * ```
 * @throws {@link MetricsError} `INPUT` for corners that are not finite
 */
export function computeIou(a: Box, b: Box): number {
  checkBox('computeIou', a, 'the first box');
  checkBox('computeIou', b, 'the second box');
  return iouOf(a, b);
}

/** @internal */
export function iouOf(a: Box, b: Box): number {
  const shared = intersectionOf(a, b);
  const union = areaOf(a) + areaOf(b) - shared;
  return union > 0 ? shared / union : 0;
}
