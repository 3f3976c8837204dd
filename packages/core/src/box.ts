/** An axis-aligned box, corners in float pixels, origin at the top left, half-open. The frame (`input` or `image`) is stated where it is used. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** Area of a box in square pixels; 0 for an inverted box. */
export function boxArea(box: Box): number {
  return Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1);
}

/** Area shared by two boxes in square pixels. */
export function boxIntersection(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return Math.max(0, width) * Math.max(0, height);
}

/** Intersection over union of two boxes, in [0, 1]; 0 where both are empty. */
export function boxIou(a: Box, b: Box): number {
  const shared = boxIntersection(a, b);
  const union = boxArea(a) + boxArea(b) - shared;
  return union > 0 ? shared / union : 0;
}

/** The box cut to an image of the given size. */
export function clipBox(box: Box, size: Size): Box {
  const clamp = (value: number, high: number) => Math.min(Math.max(value, 0), high);
  return {
    x1: clamp(box.x1, size.width),
    y1: clamp(box.y1, size.height),
    x2: clamp(box.x2, size.width),
    y2: clamp(box.y2, size.height),
  };
}
