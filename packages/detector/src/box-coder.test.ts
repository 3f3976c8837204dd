import { describe, expect, it } from 'vitest';
import { ROI_BOX_WEIGHTS, RPN_BOX_WEIGHTS, decodeBoxes, decodeBoxesAt, encodeBoxes } from './box-coder.js';

const close = (actual: Float32Array, expected: readonly number[], digits = 4) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
};

describe('box coder', () => {
  it('moves by a share of the size and scales by the exponent', () => {
    const box = Float32Array.of(10, 20, 30, 60); // 20 x 40, centre (20, 40)
    const deltas = Float32Array.of(0.5, -0.25, Math.log(2), 0); // centre (30, 30), 40 x 40
    close(decodeBoxes(box, deltas, RPN_BOX_WEIGHTS), [10, 10, 50, 50]);
  });

  it('divides the offsets by the weights', () => {
    const box = Float32Array.of(0, 0, 10, 10);
    const deltas = Float32Array.of(10, 0, 5 * Math.log(3), 0); // centre (15, 5), 30 x 10
    close(decodeBoxes(box, deltas, ROI_BOX_WEIGHTS), [0, 0, 30, 10]);
  });

  it('limits growth to 1000/16', () => {
    close(decodeBoxes(Float32Array.of(0, 0, 2, 2), Float32Array.of(0, 0, 50, 0), RPN_BOX_WEIGHTS), [
      1 - 62.5,
      0,
      1 + 62.5,
      2,
    ]);
    close(decodeBoxes(Float32Array.of(0, 0, 2, 2), Float32Array.of(0, 0, 0, 50), RPN_BOX_WEIGHTS), [
      0,
      1 - 62.5,
      2,
      1 + 62.5,
    ]);
  });

  it('encodes what it decodes', () => {
    const boxes = Float32Array.of(10, 20, 30, 60, -5, 0, 7, 90);
    const targets = Float32Array.of(12, 18, 40, 50, 1, 2, 3, 4);
    close(
      decodeBoxes(boxes, encodeBoxes(boxes, targets, ROI_BOX_WEIGHTS), ROI_BOX_WEIGHTS),
      Array.from(targets),
    );
  });

  it('decodes only the rows asked for', () => {
    const boxes = Float32Array.of(0, 0, 1, 1, 10, 10, 20, 20);
    close(decodeBoxesAt(boxes, new Float32Array(8), [1], RPN_BOX_WEIGHTS), [10, 10, 20, 20]);
  });
});
