import { boxAreas, intersectionArea } from './iou.js';

/**
 * Row numbers of the boxes that no better box overlaps by more than `iouThreshold`, best first.
 * `boxes [N, 4]` must be sorted by falling score; at most `limit` rows are returned.
 */
export function nonMaximumSuppression(
  boxes: Float32Array,
  options: { readonly iouThreshold: number; readonly limit: number },
): Int32Array {
  const areas = boxAreas(boxes);
  const kept = new Int32Array(Math.min(areas.length, options.limit));
  const suppressed = new Uint8Array(areas.length);
  let count = 0;
  for (let i = 0; i < areas.length && count < kept.length; i++) {
    if (suppressed[i]) continue;
    kept[count++] = i;
    for (let j = i + 1; j < areas.length; j++) {
      if (suppressed[j]) continue;
      const shared = intersectionArea(boxes, i, boxes, j);
      if (shared > options.iouThreshold * (areas[i]! + areas[j]! - shared)) suppressed[j] = 1;
    }
  }
  return kept.subarray(0, count);
}
