import { roundHalfToEven } from '@crrg/core';
import { allocatePixels, maximumValue, type GreyImage, type PixelData } from './pixels.js';

/** Source pixels that one output pixel averages, with their weights, along one axis. */
interface AreaSpan {
  readonly start: number;
  readonly weights: readonly number[];
}

/**
 * The image at another size, as OpenCV's `INTER_AREA` computes it, to the last bit: averages of source areas where neither side grows,
 * a fixed-point bilinear filter otherwise.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-at-inference; OpenCV 4.6 `resize(..., INTER_AREA)`.
 */
export function resizeArea(
  image: GreyImage,
  size: { readonly width: number; readonly height: number },
): GreyImage {
  const { width, height } = size;
  if (width === image.width && height === image.height) return image;
  const scaleX = 1 / (width / image.width);
  const scaleY = 1 / (height / image.height);
  const data = allocatePixels(image.bitDepth, width * height);
  const target: GreyImage = { ...image, width, height, data };
  if (scaleX < 1 || scaleY < 1) enlarge(image, target, scaleX, scaleY);
  else if (isWhole(scaleX) && isWhole(scaleY))
    averageBlocks(image, target, Math.round(scaleX), Math.round(scaleY));
  else
    averageSpans(
      image,
      target,
      areaSpans(image.width, width, scaleX),
      areaSpans(image.height, height, scaleY),
    );
  return target;
}

function isWhole(scale: number): boolean {
  return Math.abs(scale - Math.round(scale)) < Number.EPSILON;
}

function averageBlocks(source: GreyImage, target: GreyImage, blockWidth: number, blockHeight: number): void {
  const isQuad = blockWidth === 2 && blockHeight === 2;
  const scale = Math.fround(1 / (blockWidth * blockHeight));
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      let sum = 0;
      for (let dy = 0; dy < blockHeight; dy++) {
        const row = (y * blockHeight + dy) * source.width + x * blockWidth;
        for (let dx = 0; dx < blockWidth; dx++) sum += source.data[row + dx]!;
      }
      target.data[y * target.width + x] = isQuad ? (sum + 2) >> 2 : roundHalfToEven(Math.fround(sum * scale));
    }
  }
}

function areaSpans(sourceLength: number, targetLength: number, scale: number): AreaSpan[] {
  const spans: AreaSpan[] = [];
  for (let index = 0; index < targetLength; index++) {
    const from = index * scale;
    const to = from + scale;
    const covered = Math.min(scale, sourceLength - from);
    const last = Math.min(Math.floor(to), sourceLength - 1);
    const first = Math.min(Math.ceil(from), last);
    const weights: number[] = [];
    const hasHead = first - from > 1e-3;
    if (hasHead) weights.push(Math.fround((first - from) / covered));
    for (let at = first; at < last; at++) weights.push(Math.fround(1 / covered));
    if (to - last > 1e-3) weights.push(Math.fround(Math.min(to - last, 1, covered) / covered));
    spans.push({ start: hasHead ? first - 1 : first, weights });
  }
  return spans;
}

function averageSpans(source: GreyImage, target: GreyImage, columns: AreaSpan[], rows: AreaSpan[]): void {
  const row = new Float32Array(target.width);
  const sum = new Float32Array(target.width);
  const maximum = maximumValue(source);
  rows.forEach((span, y) => {
    sum.fill(0);
    span.weights.forEach((weight, offset) => {
      reduceRow(source.data, (span.start + offset) * source.width, columns, row);
      for (let x = 0; x < sum.length; x++) sum[x] = sum[x]! + Math.fround(weight * row[x]!);
    });
    for (let x = 0; x < sum.length; x++) {
      target.data[y * target.width + x] = Math.min(maximum, roundHalfToEven(sum[x]!));
    }
  });
}

function reduceRow(pixels: PixelData, offset: number, columns: AreaSpan[], into: Float32Array): void {
  for (let x = 0; x < columns.length; x++) {
    const { start, weights } = columns[x]!;
    let sum = 0;
    for (let index = 0; index < weights.length; index++) {
      sum = Math.fround(sum + Math.fround(pixels[offset + start + index]! * weights[index]!));
    }
    into[x] = sum;
  }
}

/** Left (or upper) source index and the weight of its neighbour, along one axis. */
function linearTaps(
  sourceLength: number,
  targetLength: number,
  scale: number,
): { index: Int32Array; weight: Float32Array } {
  const index = new Int32Array(targetLength);
  const weight = new Float32Array(targetLength);
  const inverse = targetLength / sourceLength;
  for (let at = 0; at < targetLength; at++) {
    const left = Math.floor(at * scale);
    const fraction = Math.fround(at + 1 - (left + 1) * inverse);
    const isEdge = left >= sourceLength - 1;
    index[at] = isEdge ? sourceLength - 1 : left;
    weight[at] = isEdge || fraction <= 0 ? 0 : fraction - Math.floor(fraction);
  }
  return { index, weight };
}

function enlarge(source: GreyImage, target: GreyImage, scaleX: number, scaleY: number): void {
  const columns = linearTaps(source.width, target.width, scaleX);
  const rows = linearTaps(source.height, target.height, scaleY);
  const blend = source.bitDepth === 8 ? blendFixedPoint : blendFloat;
  for (let y = 0; y < target.height; y++) {
    const upper = rows.index[y]! * source.width;
    const lower = Math.min(rows.index[y]! + 1, source.height - 1) * source.width;
    for (let x = 0; x < target.width; x++) {
      const left = columns.index[x]!;
      const right = Math.min(left + 1, source.width - 1);
      target.data[y * target.width + x] = blend(
        source.data[upper + left]!,
        source.data[upper + right]!,
        source.data[lower + left]!,
        source.data[lower + right]!,
        columns.weight[x]!,
        rows.weight[y]!,
      );
    }
  }
}

/** 11-bit weights with OpenCV's intermediate shifts. */
function blendFixedPoint(a: number, b: number, c: number, d: number, fx: number, fy: number): number {
  const x1 = roundHalfToEven(Math.fround(fx * 2048));
  const x0 = roundHalfToEven(Math.fround(Math.fround(1 - fx) * 2048));
  const y1 = roundHalfToEven(Math.fround(fy * 2048));
  const y0 = roundHalfToEven(Math.fround(Math.fround(1 - fy) * 2048));
  const upper = ((a * x0 + b * x1) >> 4) * y0;
  const lower = ((c * x0 + d * x1) >> 4) * y1;
  return ((upper >> 16) + (lower >> 16) + 2) >> 2;
}

function blendFloat(a: number, b: number, c: number, d: number, fx: number, fy: number): number {
  const { fround } = Math;
  const upper = fround(fround(a * fround(1 - fx)) + fround(b * fx));
  const lower = fround(fround(c * fround(1 - fx)) + fround(d * fx));
  return roundHalfToEven(fround(fround(upper * fround(1 - fy)) + fround(lower * fy)));
}
