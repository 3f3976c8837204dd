import { roundHalfToEven, type Size } from '@crrg/core';
import { STRIDE, featureSize, type DetectorConfig } from './config.js';

/**
 * The anchors of the first cell, centred on (0, 0): `[A, 4]` xyxy in input pixels, ratios outermost, coordinates rounded half to even.
 * Source: docs/reference/detector.md#anchors; torchvision's anchor generator computes in float32 and so do we.
 */
export function cellAnchors(config: DetectorConfig): Float32Array {
  const { sizes, ratios } = config.anchors;
  const anchors = new Float32Array(sizes.length * ratios.length * 4);
  let at = 0;
  for (const ratio of ratios) {
    const heightFactor = Math.fround(Math.sqrt(Math.fround(ratio)));
    const widthFactor = Math.fround(1 / heightFactor);
    for (const size of sizes) {
      const x = roundHalfToEven(Math.fround(widthFactor * size) / 2);
      const y = roundHalfToEven(Math.fround(heightFactor * size) / 2);
      anchors.set([-x, -y, x, y], at);
      at += 4;
    }
  }
  return anchors;
}

/**
 * All anchors of an input: `[h*w*A, 4]` xyxy in input pixels, row by row, cell by cell, centred on each cell's top left pixel.
 * Anchors outside the image are kept.
 * @throws {ConfigError} where a side is no multiple of 32
 */
export function createAnchors(config: DetectorConfig, inputSize: Size): Float32Array {
  const { height, width } = featureSize(inputSize);
  const cell = cellAnchors(config);
  const anchors = new Float32Array(height * width * cell.length);
  let at = 0;
  for (let gy = 0; gy < height; gy++) {
    for (let gx = 0; gx < width; gx++) {
      for (let i = 0; i < cell.length; i++) anchors[at++] = cell[i]! + STRIDE * (i % 2 === 0 ? gx : gy);
    }
  }
  return anchors;
}
