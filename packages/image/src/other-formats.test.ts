import { ImageError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { joinBytes, letters } from './__fixtures__/file-parts.js';
import { sniffImage } from './index.js';

const padded = (...parts: (Uint8Array | readonly number[])[]) => joinBytes(...parts, new Uint8Array(200));

/** A JPEG file up to its frame header. */
const jpegOf = (marker: number, bitDepth = 8, channels = 1) =>
  padded(
    [0xff, 0xd8, 0xff, marker, 0, 8 + 3 * channels, bitDepth, 0, 16, 0, 16, channels],
    ...Array.from({ length: channels }, (_, at) => [at + 1, 0x11, 0]),
    [0xff, 0xda],
  );

describe('a file that is not decoded', () => {
  it.each([
    ['a JPEG 2000 file', padded([0, 0, 0, 12], letters('jP  ')), /save it as PNG/],
    ['a JPEG 2000 file', padded([0xff, 0x4f, 0xff, 0x51]), /save it as PNG/],
    ['a TIFF file', padded(letters('II*\0')), /save it as PNG, with 16 bits/],
    ['a TIFF file', padded(letters('MM\0*')), /save it as PNG/],
    ['a WebP file', padded(letters('RIFF1234WEBP')), /save it as PNG or JPEG/],
    ['a GIF file', padded(letters('GIF89a')), /save it as PNG or JPEG/],
    ['a BMP file', padded(letters('BM')), /save it as PNG or JPEG/],
    ['a HEIC file', padded([0, 0, 0, 24], letters('ftypheic')), /save it as PNG or JPEG/],
    ['a HEIC file', padded([0, 0, 0, 24], letters('ftypmif1')), /save it as PNG or JPEG/],
    ['an AVIF file', padded([0, 0, 0, 24], letters('ftypavif')), /save it as PNG or JPEG/],
    ['a PDF file', padded(letters('%PDF-1.7')), /the picture in it/],
    ['a zip archive', padded([0x50, 0x4b, 3, 4]), /unpack it/],
    ['a gzip archive', padded([0x1f, 0x8b]), /unpack it/],
    ['a NumPy array', padded([0x93], letters('NUMPY')), /save it as PNG/],
    ['a NIfTI file', padded(new Uint8Array(344), letters('n+1')), /save it as PNG/],
    ['a Git LFS pointer', letters('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
    ['text (a web page or drawing)', letters('<!DOCTYPE html><html>'), /download the picture itself/],
    ['text', letters('This is no picture.'), /name a picture/],
    ['an empty file', new Uint8Array(), /again/],
    [
      'a PNG file that a transfer as text has changed',
      padded([0x89, 0x50, 0x4e, 0x47, 0x0a, 0x1a, 0x0a]),
      /as binary/,
    ],
    ['bytes 00 ff 00 ff 00 ff 00 ff', new Uint8Array(99).map((_, at) => (at % 2) * 255), /PNG or JPEG/],
  ])('is called %s', (name, bytes, advice) => {
    expect(() => sniffImage(bytes)).toThrow(ImageError);
    expect(() => sniffImage(bytes)).toThrow(`expected a PNG, JPEG or DICOM file, got ${name}; `);
    expect(() => sniffImage(bytes)).toThrow(advice);
    expect(() => sniffImage(bytes)).not.toThrow(/damaged|\n/);
  });

  it.each([
    ['with its preamble', padded(new Uint8Array(128), letters('DICM'))],
    ['without it', padded([8, 0, 5, 0, 10, 0, 0, 0])],
  ])('is read by another function where it is DICOM %s', (_, bytes) => {
    expect(() => sniffImage(bytes)).toThrow(ImageError);
    expect(() => sniffImage(bytes)).toThrow(
      'expected a PNG or JPEG file, got a DICOM file; read it with decodeImage or describeDicom.',
    );
  });

  it.each([
    ['a 12-bit JPEG', jpegOf(0xc1, 12), /16-bit PNG/],
    ['a 12-bit JPEG', jpegOf(0xc2, 12), /16-bit PNG/],
    ['a lossless JPEG', jpegOf(0xc3, 16), /16-bit PNG/],
    ['a lossless JPEG', jpegOf(0xc3), /a PNG or a baseline JPEG/],
    ['a JPEG with arithmetic coding', jpegOf(0xc9), /a PNG or a baseline JPEG/],
    ['a JPEG with arithmetic coding', jpegOf(0xca), /a PNG or a baseline JPEG/],
    ['a lossless JPEG with arithmetic coding', jpegOf(0xcb, 16), /16-bit PNG/],
    ['a hierarchical JPEG', jpegOf(0xc5), /a PNG or a baseline JPEG/],
    ['a JPEG-LS file', jpegOf(0xf7, 16), /16-bit PNG/],
    ['a JPEG with 2 channels', jpegOf(0xc0, 8, 2), /a PNG or a baseline JPEG/],
  ])('is called %s', (name, bytes, advice) => {
    expect(() => sniffImage(bytes)).toThrow(`got ${name}; `);
    expect(() => sniffImage(bytes)).toThrow(advice);
    expect(() => sniffImage(bytes)).not.toThrow(/damaged|again/);
  });

  it.each([0xc0, 0xc1, 0xc2])('is none with one of the common frames: %i', (marker) => {
    expect(sniffImage(jpegOf(marker, 8, 3))).toMatchObject({ format: 'jpeg', width: 16, channels: 3 });
  });
});
