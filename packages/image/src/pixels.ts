import { ImageError } from '@crrg/core';

/** Pixel values of one or two bytes. */
export type PixelData = Uint8Array | Uint16Array;

/** A one-channel picture. */
export interface GreyImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Bits of storage per pixel; white is `2 ** bitDepth - 1`. */
  readonly bitDepth: 8 | 16;
  readonly channels: 1;
  /** `[H, W]` row-major; a Uint8Array for 8 bits, a Uint16Array for 16. */
  readonly data: PixelData;
}

/** A three-channel picture. */
export interface RgbImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Bits of storage per channel value. */
  readonly bitDepth: 8 | 16;
  readonly channels: 3;
  /** `[H, W, 3]` row-major, red first. */
  readonly data: PixelData;
}

/** Smallest side, in pixels, of a picture that can show a chest. */
export const MINIMUM_SIDE = 32;

/**
 * A {@link GreyImage} over the given pixels (not copied). The type of the array decides the bit depth.
 * @throws {@link ImageError} where the array does not hold `width * height` pixels
 */
export function greyImage(width: number, height: number, data: PixelData): GreyImage {
  assertPixelCount('image.greyImage', width, height, 1, data);
  return { width, height, bitDepth: data instanceof Uint8Array ? 8 : 16, channels: 1, data };
}

/**
 * An {@link RgbImage} over the given interleaved pixels (not copied).
 * @throws {@link ImageError} where the array does not hold `width * height * 3` values
 */
export function rgbImage(width: number, height: number, data: PixelData): RgbImage {
  assertPixelCount('image.rgbImage', width, height, 3, data);
  return { width, height, bitDepth: data instanceof Uint8Array ? 8 : 16, channels: 3, data };
}

/**
 * Checks that a value is a whole one-channel picture: integer sides, one channel, and `width * height` pixels in the type of array
 * that its bit depth asks for. Pixels that name no `channels` count as one channel.
 *
 * @example
 * ```ts
 * const film: unknown = JSON.parse(message);
 * assertGreyImage(film); // an RgbImage is refused: rgbToGrey(film) makes it grey
 * ```
 * @throws {@link ImageError} that names what is wrong
 */
export function assertGreyImage(value: unknown, where = 'image.assertGreyImage'): asserts value is GreyImage {
  const problem = greyImageProblem(value);
  if (problem) throw new ImageError(`${where}: expected a one-channel picture, but ${problem}.`);
}

/** White of an image: 255 or 65535. */
export function maximumValue(image: { readonly bitDepth: 8 | 16 }): number {
  return image.bitDepth === 8 ? 255 : 65535;
}

/** A zeroed array that fits the bit depth. */
export function allocatePixels(bitDepth: 8 | 16, length: number): PixelData {
  return bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length);
}

/**
 * The luma of a colour picture, with OpenCV's 15-bit integer weights (0.299, 0.587, 0.114). Equal channels stay as they are.
 *
 * Source: OpenCV `cvtColor(RGB2GRAY)`.
 */
export function rgbToGrey(image: RgbImage): GreyImage {
  const data = allocatePixels(image.bitDepth, image.width * image.height);
  for (let pixel = 0, at = 0; pixel < data.length; pixel++, at += 3) {
    const sum = image.data[at]! * 9798 + image.data[at + 1]! * 19235 + image.data[at + 2]! * 3735;
    data[pixel] = Math.floor((sum + 16384) / 32768);
  }
  return { ...image, channels: 1, data };
}

/** The picture with its grey value on all three channels. */
export function greyToRgb(image: GreyImage): RgbImage {
  const data = allocatePixels(image.bitDepth, image.width * image.height * 3);
  for (let pixel = 0, at = 0; at < data.length; pixel++, at += 3) {
    data.fill(image.data[pixel]!, at, at + 3);
  }
  return { ...image, channels: 3, data };
}

/** The picture with 8 bits a pixel: the high byte of 16-bit values, as Pillow and libvips take it. */
export function to8Bit(image: GreyImage): GreyImage {
  if (image.bitDepth === 8) return image;
  const data = new Uint8Array(image.data.length);
  for (let at = 0; at < data.length; at++) data[at] = image.data[at]! >> 8;
  return { ...image, bitDepth: 8, data };
}

/**
 * Checks that an image is large enough to be a radiograph.
 * @throws {@link ImageError} where a side is shorter than `minimumSide`
 */
export function assertUsableRadiograph(
  image: { readonly width: number; readonly height: number },
  options: {
    /** @defaultValue 32 */
    readonly minimumSide?: number | undefined;
  } = {},
): void {
  const minimum = options.minimumSide ?? MINIMUM_SIDE;
  if (image.width >= minimum && image.height >= minimum) return;
  throw new ImageError(
    `image.assertUsableRadiograph: expected at least ${minimum}x${minimum} pixels, got ${image.width}x${image.height}; pass a chest radiograph.`,
    { details: { width: image.width, height: image.height } },
  );
}

/** Refuses 16-bit pixels for what the reference libraries only define for 8 bits. */
export function assert8Bit(where: string, image: { readonly bitDepth: 8 | 16 }): void {
  if (image.bitDepth === 8) return;
  throw new ImageError(`${where}: expected 8-bit channels, got 16-bit; reduce the picture to 8 bits first.`);
}

function assertPixelCount(
  where: string,
  width: number,
  height: number,
  channels: number,
  data: PixelData,
): void {
  const isSize = (value: number) => Number.isInteger(value) && value > 0;
  if (isSize(width) && isSize(height) && data.length === width * height * channels) return;
  throw new ImageError(
    `${where}: expected positive sides and ${width}x${height}x${channels} values, got ${data.length}; check width, height and data.`,
  );
}

const ARRAY_TYPES: Readonly<Record<number, string>> = { 8: 'Uint8Array', 16: 'Uint16Array' };

/** What makes a value no {@link GreyImage}, and what to do; undefined where it is one. */
function greyImageProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null)
    return `it is ${value === null ? 'null' : `a ${typeof value}`}; decode the film first`;
  const { width, height, bitDepth, channels = 1, data } = value as Partial<Record<keyof GreyImage, unknown>>;
  const isSide = (side: unknown): side is number => Number.isSafeInteger(side) && (side as number) > 0;
  if (!isSide(width) || !isSide(height))
    return `its sides are ${String(width)}x${String(height)}; give whole pixels`;
  if (channels !== 1) return `it has ${String(channels)} channels; make it grey with rgbToGrey`;
  const wanted = ARRAY_TYPES[bitDepth as number];
  if (wanted === undefined) return `its bitDepth is ${String(bitDepth)}; give 8 or 16`;
  if (!isArrayOf(wanted, data))
    return `its ${String(bitDepth)}-bit data are no ${wanted}; copy the pixels into one`;
  if (data.length === width * height) return undefined;
  return `it holds ${data.length} values for ${width}x${height} pixels; check width, height and data`;
}

/** By the tag and not by `instanceof`, which fails for arrays of another frame or worker context. */
function isArrayOf(type: string, data: unknown): data is PixelData {
  return ArrayBuffer.isView(data) && (data as Partial<PixelData>)[Symbol.toStringTag] === type;
}
