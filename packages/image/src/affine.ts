import { roundHalfToEven, type Box } from '@crrg/core';
import { allocatePixels, type GreyImage } from './pixels.js';

/** A turn, zoom and shift of a picture about its centre. */
export interface AffineParameters {
  /** Shift right, as a fraction of the width. */
  readonly translateX: number;
  /** Shift down, as a fraction of the height. */
  readonly translateY: number;
  /** Clockwise turn as seen on the screen, in degrees. */
  readonly rotateDegrees: number;
  /**
   * Zoom; above 1 enlarges. The reference keeps 1.
   * @defaultValue 1
   */
  readonly scale?: number | undefined;
}

/** x' = a x + b y + c, y' = d x + e y + f. */
interface AffineMatrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The picture moved by the parameters, of the same size; what comes from outside is black. Bilinear with weights of 1/32 pixel, as
 * OpenCV's `warpAffine` computes it.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-in-training; albumentations 1.1 `Affine`.
 */
export function warpAffine(image: GreyImage, parameters: AffineParameters): GreyImage {
  const { width, height, bitDepth } = image;
  const inverse = invert(affineMatrix(image, parameters));
  const data = allocatePixels(bitDepth, width * height);
  const columnX = fixedPointSteps(inverse.a, width);
  const columnY = fixedPointSteps(inverse.d, width);
  for (let y = 0; y < height; y++) {
    const rowX = roundHalfToEven((inverse.b * y + inverse.c) * 1024) + 16;
    const rowY = roundHalfToEven((inverse.e * y + inverse.f) * 1024) + 16;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = sample(image, (rowX + columnX[x]!) >> 5, (rowY + columnY[x]!) >> 5);
    }
  }
  return { ...image, data };
}

/** The rectangle around a moved box, its corners cut to the picture. It may have no area. */
export function warpBox(box: Box, size: ImageSize, parameters: AffineParameters): Box {
  const { a, b, c, d, e, f } = affineMatrix(size, parameters);
  const xs: number[] = [];
  const ys: number[] = [];
  for (const x of [box.x1, box.x2]) {
    for (const y of [box.y1, box.y2]) {
      xs.push(clamp(a * x + b * y + c, size.width));
      ys.push(clamp(d * x + e * y + f, size.height));
    }
  }
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

function affineMatrix(size: ImageSize, parameters: AffineParameters): AffineMatrix {
  const { translateX, translateY, rotateDegrees, scale = 1 } = parameters;
  const angle = (rotateDegrees * Math.PI) / 180;
  const cosine = Math.cos(angle) * scale;
  const sine = Math.sin(angle) * scale;
  const centreX = (size.width - 1) / 2;
  const centreY = (size.height - 1) / 2;
  return {
    a: cosine,
    b: -sine,
    c: centreX + translateX * size.width - cosine * centreX + sine * centreY,
    d: sine,
    e: cosine,
    f: centreY + translateY * size.height - sine * centreX - cosine * centreY,
  };
}

function invert({ a, b, c, d, e, f }: AffineMatrix): AffineMatrix {
  const determinant = a * e - b * d;
  const inverse = { a: e / determinant, b: -b / determinant, d: -d / determinant, e: a / determinant };
  return { ...inverse, c: -(inverse.a * c + inverse.b * f), f: -(inverse.d * c + inverse.e * f) };
}

function fixedPointSteps(slope: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => roundHalfToEven(slope * index * 1024));
}

/** Bilinear value at a position given in 1/32 pixel. */
function sample(image: GreyImage, x32: number, y32: number): number {
  const x = x32 >> 5;
  const y = y32 >> 5;
  if (x < -1 || y < -1 || x >= image.width || y >= image.height) return 0;
  const fx = x32 & 31;
  const fy = y32 & 31;
  const upper = pixelAt(image, x, y) * (32 - fx) + pixelAt(image, x + 1, y) * fx;
  const lower = pixelAt(image, x, y + 1) * (32 - fx) + pixelAt(image, x + 1, y + 1) * fx;
  return (upper * (32 - fy) + lower * fy + 512) >> 10;
}

function pixelAt(image: GreyImage, x: number, y: number): number {
  const isInside = x >= 0 && y >= 0 && x < image.width && y < image.height;
  return isInside ? image.data[y * image.width + x]! : 0;
}

function clamp(value: number, high: number): number {
  return Math.min(Math.max(value, 0), high);
}
