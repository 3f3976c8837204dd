import { describe, expect, it } from 'vitest';
import { cellAnchors, createAnchors } from './anchors.js';
import { DEFAULT_DETECTOR_CONFIG } from './config.js';

const row = (boxes: Float32Array, index: number) => Array.from(boxes.subarray(4 * index, 4 * index + 4));

describe('anchors', () => {
  it('match the published rows of the first cell', () => {
    const cell = cellAnchors(DEFAULT_DETECTOR_CONFIG);
    expect(cell.length).toBe(160 * 4);
    expect(row(cell, 0)).toEqual([-22, -4, 22, 4]);
    expect(row(cell, 1)).toEqual([-45, -9, 45, 9]);
    expect(row(cell, 9)).toEqual([-335, -67, 335, 67]);
    expect(row(cell, 10)).toEqual([-20, -5, 20, 5]);
    expect(row(cell, 80)).toEqual([-10, -10, 10, 10]);
    expect(row(cell, 159)).toEqual([-53, -424, 53, 424]);
  });

  it('move right by 32 pixels a cell, then down by 32 a row', () => {
    const anchors = createAnchors(DEFAULT_DETECTOR_CONFIG, { height: 512, width: 512 });
    expect(anchors.length).toBe(40960 * 4);
    expect(row(anchors, 160)).toEqual([10, -4, 54, 4]);
    expect(row(anchors, 2560)).toEqual([-22, 28, 22, 36]);
    expect(row(anchors, 40959)).toEqual([427, 56, 533, 904]);
  });

  it('have corners rounded half to even', () => {
    const config = { ...DEFAULT_DETECTOR_CONFIG, anchors: { sizes: [5, 7], ratios: [1] } };
    expect(Array.from(cellAnchors(config))).toEqual([-2, -2, 2, 2, -4, -4, 4, 4]);
  });

  it('cover an input that is not square', () => {
    const anchors = createAnchors(DEFAULT_DETECTOR_CONFIG, { height: 64, width: 32 });
    expect(anchors.length).toBe(2 * 160 * 4);
    expect(row(anchors, 160)).toEqual([-22, 28, 22, 36]);
  });
});
