import { encodePng, fitLongestSide, greyImage, type GreyImage, type RgbImage } from '@crrg/image';

/**
 * A film as a `data:image/png;base64,` URI for {@link renderOverlaySvg}: 8 bits, 16-bit pixels stretched from their darkest to
 * their brightest value, shrunk where its longer side is above `maxSide`. The overlay scales it back, so boxes keep the pixels of
 * the original.
 */
export function createImageHref(
  image: GreyImage,
  options: {
    /** In pixels. @defaultValue 1024 */
    readonly maxSide?: number | undefined;
  } = {},
): string {
  const maxSide = options.maxSide ?? 1024;
  const isLarge = Math.max(image.width, image.height) > maxSide;
  return toPngHref(stretchTo8Bit(isLarge ? fitLongestSide(image, maxSide) : image));
}

/** Pixels as they are, as a `data:image/png;base64,` URI. */
export function toPngHref(image: GreyImage | RgbImage): string {
  return `data:image/png;base64,${encodeBase64(encodePng(image))}`;
}

function stretchTo8Bit(image: GreyImage): GreyImage {
  if (image.bitDepth === 8) return image;
  let low = 65535;
  let high = 0;
  for (const value of image.data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = 255 / Math.max(1, high - low);
  const data = new Uint8Array(image.data.length);
  for (let at = 0; at < data.length; at++) data[at] = Math.round((image.data[at]! - low) * scale);
  return greyImage(image.width, image.height, data);
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
