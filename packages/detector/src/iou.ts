/** Areas `[N]` of boxes `[N, 4]` in square pixels. */
export function boxAreas(boxes: Float32Array): Float64Array {
  const areas = new Float64Array(boxes.length / 4);
  for (let i = 0; i < areas.length; i++)
    areas[i] = (boxes[4 * i + 2]! - boxes[4 * i]!) * (boxes[4 * i + 3]! - boxes[4 * i + 1]!);
  return areas;
}

/** Area shared by row `i` of `a` and row `j` of `b`. */
export function intersectionArea(a: Float32Array, i: number, b: Float32Array, j: number): number {
  const width = Math.min(a[4 * i + 2]!, b[4 * j + 2]!) - Math.max(a[4 * i]!, b[4 * j]!);
  if (width <= 0) return 0;
  const height = Math.min(a[4 * i + 3]!, b[4 * j + 3]!) - Math.max(a[4 * i + 1]!, b[4 * j + 1]!);
  return height <= 0 ? 0 : width * height;
}

/** Intersection over union of every box of `a [N, 4]` with every box of `b [M, 4]`: `[N, M]`, from plain areas, 0 for two empty boxes. */
export function pairwiseIou(a: Float32Array, b: Float32Array): Float64Array {
  const areasA = boxAreas(a);
  const areasB = boxAreas(b);
  const iou = new Float64Array(areasA.length * areasB.length);
  for (let i = 0; i < areasA.length; i++) {
    for (let j = 0; j < areasB.length; j++) {
      const shared = intersectionArea(a, i, b, j);
      if (shared > 0) iou[i * areasB.length + j] = shared / (areasA[i]! + areasB[j]! - shared);
    }
  }
  return iou;
}
