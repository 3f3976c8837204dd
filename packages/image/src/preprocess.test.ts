import { ConfigError } from '@crrg/core';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findImageDoubts, greyImage, greyToRgb } from './index.js';
import { decodeImage, decodeRgbImage } from './node.js';
import { cropCentre, fitShortestSide, preprocessCentreCrop } from './preprocess-crop.js';
import { fitLongestSide, padToSquare, preprocessRadiograph } from './preprocess.js';
import { resizeArea } from './resize-area.js';

const fixture = (name: string) => fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url));

describe('preprocessRadiograph', () => {
  it.each([
    ['thin7x1200', 'shrinks a sliver'],
    ['one1x1', 'enlarges a single pixel'],
    ['g1024x600_checker', 'averages 2x2 blocks'],
    ['g1000x800_ramp', 'averages fractional areas'],
    ['p300x200_up', 'enlarges with fixed-point weights'],
    ['q333x512_16', 'pads 16-bit pixels'],
  ])('gives the bytes of the reference: %s (%s)', async (name) => {
    const image = await decodeImage(fixture(`${name}.in.png`));
    const expected = await decodeImage(fixture(`${name}.out.png`));
    const actual = padToSquare(fitLongestSide(image, 512), 512);
    expect(actual.bitDepth).toBe(expected.bitDepth);
    expect(Buffer.compare(bytesOf(actual.data), bytesOf(expected.data))).toBe(0);
  });

  it('normalises black to -1.5596 and white to 1.7517, at 8 and at 16 bits', () => {
    const eight = preprocessRadiograph(greyImage(2, 2, Uint8Array.of(0, 255, 255, 0)), { size: 2 });
    const sixteen = preprocessRadiograph(greyImage(2, 2, Uint16Array.of(0, 65535, 65535, 0)), { size: 2 });
    expect(eight.data[0]).toBeCloseTo(-1.5596026, 6);
    expect(eight.data[1]).toBeCloseTo(1.7516558, 6);
    for (let at = 0; at < 4; at++) expect(sixteen.data[at]).toBeCloseTo(eight.data[at]!, 5);
  });

  it('maps boxes to the input and back', () => {
    const { transform } = preprocessRadiograph(greyImage(777, 1023, new Uint8Array(777 * 1023)));
    expect(transform).toMatchObject({ left: 61, top: 0, scaleX: 389 / 777, scaleY: 512 / 1023 });
    const box = { x1: 10.5, y1: 20, x2: 700, y2: 1000.25 };
    const back = transform.toImage(transform.toInput(box));
    for (const key of ['x1', 'y1', 'x2', 'y2'] as const) expect(back[key]).toBeCloseTo(box[key], 9);
    const whole = transform.toInput({ x1: 0, y1: 0, x2: 777, y2: 1023 });
    expect([whole.x1, whole.y1, whole.y2]).toEqual([61, 0, 512]);
    expect(whole.x2).toBeCloseTo(450, 9);
  });

  it('doubts a flat picture and 12-bit pixels in 16-bit storage', () => {
    expect(findImageDoubts(greyImage(2, 1, Uint8Array.of(7, 7)))[0]?.message).toContain(
      'every pixel has the value 7',
    );
    expect(findImageDoubts(greyImage(2, 1, Uint16Array.of(7, 4095)))[0]?.code).toBe('bits-unused');
    expect(findImageDoubts(greyImage(2, 1, Uint8Array.of(7, 200)))).toEqual([]);
  });

  it('names every bad field', () => {
    const image = greyImage(1, 1, Uint8Array.of(1));
    expect(() => preprocessRadiograph(image, { size: 0.5, std: 0 })).toThrow(ConfigError);
    expect(() => preprocessRadiograph(image, { size: 0.5, std: 0 })).toThrow(/size 0\.5.*std 0/);
  });
});

describe('resizeArea', () => {
  it('averages whole areas by hand', () => {
    const image = greyImage(4, 2, Uint8Array.of(0, 10, 20, 30, 4, 6, 24, 27));
    expect([...resizeArea(image, { width: 2, height: 1 }).data]).toEqual([5, 25]);
  });

  it('blends two rows where the other side grows, as OpenCV does, and does not average the area', () => {
    // The target row lies two thirds of a pixel below the first source row.
    const image = greyImage(1, 3, Uint8Array.of(0, 90, 240));
    expect([...resizeArea(image, { width: 2, height: 1 }).data]).toEqual([60, 60]);
  });

  it('weighs cut pixels by their share', () => {
    const image = greyImage(3, 1, Uint8Array.of(0, 90, 240));
    expect([...resizeArea(image, { width: 2, height: 1 }).data]).toEqual([30, 190]);
  });
});

describe('fitLongestSide', () => {
  const fitted = (width: number, height: number, size: number) => {
    const image = fitLongestSide(greyImage(width, height, new Uint8Array(width * height)), size);
    return [image.width, image.height];
  };

  it('rounds the shorter side half to even', () => {
    expect(fitted(10, 5, 5)).toEqual([5, 2]);
    expect(fitted(10, 7, 5)).toEqual([5, 4]);
  });

  it('leaves every side one pixel at least', () => {
    expect(fitted(1, 1200, 512)).toEqual([1, 512]);
    expect(fitted(1200, 1, 512)).toEqual([512, 1]);
  });
});

describe('preprocessCentreCrop', () => {
  const numbered = (width: number, height: number) =>
    greyToRgb(
      greyImage(
        width,
        height,
        Uint8Array.from({ length: width * height }, (_, at) => at),
      ),
    );

  it('rounds the longer side down', () => {
    expect(fitShortestSide(numbered(3, 5), 4)).toMatchObject({ width: 4, height: 6 });
    expect(fitShortestSide(numbered(5, 3), 4)).toMatchObject({ width: 6, height: 4 });
  });

  it('halves an odd margin half to even', () => {
    expect(cropCentre(numbered(1, 2), 1).data[0]).toBe(0);
    expect(cropCentre(numbered(1, 4), 1).data[0]).toBe(2);
    expect(cropCentre(numbered(2, 1), 1).data[0]).toBe(0);
    expect(cropCentre(numbered(4, 1), 1).data[0]).toBe(2);
  });

  it.each(['c_rgb260x240', 'c200x150_up'])('gives the bytes of the reference: %s', async (name) => {
    const image = await decodeRgbImage(fixture(`${name}.in.png`));
    const expected = await decodeRgbImage(fixture(`${name}.out.png`));
    const actual = cropCentre(fitShortestSide(image, 224), 224);
    expect(Buffer.compare(bytesOf(actual.data), bytesOf(expected.data))).toBe(0);
  });

  it('normalises each channel with its own statistics', () => {
    const pixel = {
      width: 1,
      height: 1,
      bitDepth: 8,
      channels: 3,
      data: Uint8Array.of(0, 128, 255),
    } as const;
    const [red, green, blue] = preprocessCentreCrop(pixel, {
      size: 1,
      mean: [0.5, 0.25, 0],
      std: [0.5, 1, 2],
    });
    expect(red).toBeCloseTo(-1, 6);
    expect(green).toBeCloseTo(128 / 255 - 0.25, 6);
    expect(blue).toBeCloseTo(0.5, 6);
  });
});

function bytesOf(data: Uint8Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
