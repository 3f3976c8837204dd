import { ImageError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import {
  assertGreyImage,
  greyImage,
  greyToRgb,
  preprocessRadiograph,
  rgbImage,
  rgbToGrey,
  to8Bit,
} from './index.js';

const film = greyImage(3, 2, Uint8Array.of(1, 2, 3, 4, 5, 6));
const deep = greyImage(2, 1, Uint16Array.of(256, 65535));

describe('assertGreyImage', () => {
  it('takes 8 and 16-bit pixels, a Buffer, and a picture that names no channels', () => {
    const { channels: _, ...unnamed } = film;
    for (const image of [film, deep, unnamed, { ...film, data: Buffer.from(film.data) }])
      expect(() => assertGreyImage(image)).not.toThrow();
  });

  it.each([
    ['a colour picture', greyToRgb(film), /has 3 channels; make it grey with rgbToGrey/],
    ['a colour picture whose size fits by luck', { ...film, channels: 3 }, /has 3 channels/],
    ['a colour picture that names no channels', { ...greyToRgb(film), channels: undefined }, /18 values/],
    ['too few pixels', { ...film, data: film.data.slice(1) }, /holds 5 values for 3x2 pixels/],
    ['16-bit data called 8-bit', { ...deep, bitDepth: 8 }, /8-bit data are no Uint8Array/],
    ['8-bit data called 16-bit', { ...film, bitDepth: 16 }, /16-bit data are no Uint16Array/],
    ['floats', { ...film, data: new Float32Array(6) }, /no Uint8Array/],
    ['clamped bytes', { ...film, data: new Uint8ClampedArray(6) }, /no Uint8Array/],
    ['a list', { ...film, data: [1, 2, 3, 4, 5, 6] }, /no Uint8Array/],
    ['12 bits', { ...film, bitDepth: 12 }, /bitDepth is 12; give 8 or 16/],
    ['half a pixel', { ...film, width: 1.5, height: 4 }, /sides are 1\.5x4/],
    ['a negative size', { ...film, width: -3, height: -2 }, /sides are -3x-2/],
    ['no pixels', { ...film, width: 0, data: new Uint8Array(0) }, /sides are 0x2/],
    ['a size in text', { ...film, width: '3' }, /sides are/],
    ['null', null, /it is null/],
    ['text', 'film.png', /it is a string/],
  ])('refuses %s by name', (_name, value, message) => {
    const check = () => assertGreyImage(value, 'here');
    expect(check).toThrow(ImageError);
    expect(check).toThrow(message);
    expect(check).toThrow(/^here: expected a one-channel picture, but/);
  });

  it('guards the preprocessing, which would read colour as columns', () => {
    expect(() => preprocessRadiograph(greyToRgb(film) as never)).toThrow(ImageError);
  });
});

describe('channels', () => {
  it('are named by every maker of pixels', () => {
    expect([film.channels, rgbToGrey(greyToRgb(film)).channels, to8Bit(deep).channels]).toEqual([1, 1, 1]);
    expect([greyToRgb(film).channels, rgbImage(1, 1, new Uint8Array(3)).channels]).toEqual([3, 3]);
    expect(greyToRgb(deep)).toEqual(rgbImage(2, 1, Uint16Array.of(256, 256, 256, 65535, 65535, 65535)));
  });
});
