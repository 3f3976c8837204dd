import { BackendError, ImageError } from '@crrg/core';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import * as browser from './browser.js';
import {
  assertUsableRadiograph,
  encodePng,
  greyImage,
  rgbImage,
  rgbToGrey,
  sniffImage,
  to8Bit,
} from './index.js';
import { decodeImage, decodeRgbImage } from './node.js';
import { decodeRaster } from './sharp-decoder.js';

const folder = mkdtempSync(join(tmpdir(), 'crrg-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url));
const arrow = greyImage(3, 2, Uint8Array.of(0, 120, 255, 40, 80, 200));
const jpeg = (width: number, height: number, orientation?: number) => {
  const pixels = Buffer.from(Array.from({ length: width * height }, (_, at) => (at * 37) % 256));
  const picture = sharp(pixels, { raw: { width, height, channels: 1 } }).jpeg({ quality: 95 });
  return (orientation ? picture.withMetadata({ orientation }) : picture).toBuffer();
};

/** A PNG that claims a size and holds nothing. */
function pngHeader(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(45);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  bytes.set([8, 0, 0, 0, 0], 24);
  return bytes;
}

describe('decodeImage in Node', () => {
  it.each([8, 16] as const)('keeps every grey value of a %i-bit PNG', async (bitDepth) => {
    const data =
      bitDepth === 8 ? Uint8Array.of(0, 1, 2, 3, 254, 255) : Uint16Array.of(0, 1, 255, 256, 40000, 65535);
    const image = greyImage(3, 2, data);
    expect(await decodeImage(encodePng(image))).toEqual(image);
    expect(await browser.decodeImage(encodePng(image))).toEqual(image);
  });

  it.each([8, 16] as const)(
    'keeps every colour value of a %i-bit PNG and weighs it for grey',
    async (bitDepth) => {
      const data =
        bitDepth === 8 ? Uint8Array.of(255, 0, 0, 9, 9, 9) : Uint16Array.of(65535, 0, 0, 999, 999, 999);
      const image = rgbImage(2, 1, data);
      expect(await decodeRgbImage(encodePng(image))).toEqual(image);
      expect(await browser.decodeRgbImage(encodePng(image))).toEqual(image);
      const grey = await decodeImage(encodePng(image));
      expect(grey).toEqual(rgbToGrey(image));
      expect([...grey.data]).toEqual(bitDepth === 8 ? [76, 9] : [19596, 999]);
    },
  );

  it('drops alpha without blending', async () => {
    const png = await sharp(Buffer.from([10, 20, 30, 0, 40, 50, 60, 255]), {
      raw: { width: 2, height: 1, channels: 4 },
    })
      .png()
      .toBuffer();
    expect([...(await decodeRgbImage(png)).data]).toEqual([10, 20, 30, 40, 50, 60]);
    expect([...(await browser.decodeRgbImage(png)).data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('stretches one-bit and palette PNG files to 8 bits', async () => {
    const pixels = sharp(Buffer.from([0, 255, 255, 0, 0, 255]), {
      raw: { width: 3, height: 2, channels: 1 },
    });
    const oneBit = await pixels.clone().toColourspace('b-w').png({ palette: true, colours: 2 }).toBuffer();
    expect([...(await decodeImage(oneBit)).data]).toEqual([0, 255, 255, 0, 0, 255]);
    expect([...(await browser.decodeImage(oneBit)).data]).toEqual([0, 255, 255, 0, 0, 255]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns a JPEG of EXIF orientation %i upright as sharp does',
    async (orientation) => {
      const bytes = await jpeg(24, 16, orientation);
      const expected = await sharp(bytes)
        .autoOrient()
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      const actual = await decodeImage(bytes);
      expect([actual.width, actual.height]).toEqual([expected.info.width, expected.info.height]);
      expect(Buffer.compare(actual.data as Uint8Array, expected.data)).toBe(0);
      expect(sniffImage(bytes).orientation).toBe(orientation);
    },
  );

  it('reads a path and a file URL', async () => {
    const path = join(folder, 'arrow.png');
    writeFileSync(path, encodePng(arrow));
    expect(await decodeImage(path)).toEqual(arrow);
    expect(await decodeImage(new URL(`file://${path}`))).toEqual(arrow);
  });

  it('says in one line what is wrong with a file', async () => {
    const text = join(folder, 'text.png');
    writeFileSync(text, 'This is no picture.');
    const whole = await jpeg(64, 64);
    const png = encodePng(
      greyImage(
        64,
        64,
        Uint8Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256),
      ),
    );
    const failures: [() => Promise<unknown>, RegExp][] = [
      [() => decodeImage(text), /PNG, JPEG or DICOM file, got text/],
      [() => decodeImage(join(folder, 'absent.png')), /absent\.png, got nothing; check the path/],
      [() => decodeImage(folder), /not a file/],
      [() => decodeImage(new Uint8Array()), /got an empty file/],
      [() => decodeImage(whole.subarray(0, whole.length >> 1)), /damaged or cut off/],
      [() => decodeImage(png.subarray(0, png.length >> 1)), /damaged or cut off/],
      [() => decodeImage(whole.subarray(0, 10)), /ends before its frame header/],
      [() => decodeImage(pngHeader(40000, 40000)), /at most 100000000 pixels, got 40000x40000/],
      [() => decodeImage(pngHeader(0, 5)), /0x5 pixels/],
      [() => decodeImage(encodePng(arrow), { maxPixels: 5 }), /at most 5 pixels, got 3x2/],
    ];
    for (const [failure, message] of failures) {
      const error = await failure().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ImageError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('decodes a picture of exactly as many pixels as are allowed', async () => {
    expect(await decodeImage(encodePng(arrow), { maxPixels: 6 })).toEqual(arrow);
  });

  it('works without sharp for PNG and says what to install for JPEG', async () => {
    const withoutSharp = () => Promise.resolve(undefined);
    expect((await decodeRaster(encodePng(arrow), {}, withoutSharp)).data).toEqual(arrow.data);
    await expect(decodeRaster(await jpeg(8, 8), {}, withoutSharp)).rejects.toThrow(BackendError);
    await expect(decodeRaster(await jpeg(8, 8), {}, withoutSharp)).rejects.toThrow('npm install sharp');
  });

  it('decodes the same pixels with and without sharp', async () => {
    for (const name of ['q333x512_16.in.png', 'c_rgb260x240.in.png', 'rrg_in.png']) {
      const bytes = readFileSync(fixture(name));
      const native = await decodeRgbImage(bytes);
      const plain = await browser.decodeRgbImage(bytes);
      expect([plain.width, plain.bitDepth]).toEqual([native.width, native.bitDepth]);
      expect(Buffer.compare(Buffer.from(plain.data.buffer), Buffer.from(native.data.buffer))).toBe(0);
    }
  });
});

describe('decodeImage in the browser', () => {
  it('refuses damaged PNG files', async () => {
    const png = encodePng(
      greyImage(
        64,
        64,
        Uint8Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256),
      ),
    );
    await expect(browser.decodeImage(png.subarray(0, png.length >> 1))).rejects.toThrow(ImageError);
    await expect(browser.decodeImage(pngHeader(40000, 40000))).rejects.toThrow(ImageError);
    await expect(browser.decodeImage(pngHeader(4, 4))).rejects.toThrow(ImageError);
  });

  it('takes a Blob', async () => {
    const blob = new Blob([encodePng(arrow) as Uint8Array<ArrayBuffer>]);
    expect(await browser.decodeImage(blob)).toEqual(arrow);
  });

  it('says that JPEG needs a canvas where there is none', async () => {
    await expect(browser.decodeImage(await jpeg(8, 8))).rejects.toThrow('OffscreenCanvas');
  });
});

describe('sniffImage', () => {
  it('reads format, size and depth without decoding', async () => {
    expect(sniffImage(pngHeader(7, 9))).toEqual({
      format: 'png',
      width: 7,
      height: 9,
      bitDepth: 8,
      orientation: 1,
    });
    expect(sniffImage(await jpeg(24, 16))).toMatchObject({
      format: 'jpeg',
      width: 24,
      height: 16,
      bitDepth: 8,
    });
  });

  it('names a DICOM file', () => {
    const bytes = new Uint8Array(200);
    bytes.set([0x44, 0x49, 0x43, 0x4d], 128);
    expect(() => sniffImage(bytes)).toThrow('a DICOM file');
  });

  it('gives a header or an ImageError for any bytes', async () => {
    const starts = [pngHeader(9, 9), await jpeg(16, 16, 6), Uint8Array.of(0xff, 0xd8, 0xff)];
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 20 }),
        fc.nat(400),
        (which, edits, cut) => {
          const bytes = Uint8Array.from(starts[which]!);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          try {
            expect(sniffImage(bytes.subarray(0, cut)).width).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('assertUsableRadiograph', () => {
  it('refuses a single pixel and a sliver, and takes a film', () => {
    expect(() => assertUsableRadiograph({ width: 1, height: 1 })).toThrow(/at least 32x32 pixels, got 1x1/);
    expect(() => assertUsableRadiograph({ width: 7, height: 1200 })).toThrow(ImageError);
    expect(() => assertUsableRadiograph({ width: 7, height: 9 }, { minimumSide: 7 })).not.toThrow();
    expect(() => assertUsableRadiograph({ width: 2500, height: 3000 })).not.toThrow();
  });
});

describe('pixels', () => {
  it('refuses an array of another size', () => {
    expect(() => greyImage(2, 2, new Uint8Array(3))).toThrow(/2x2x1 values, got 3/);
    expect(() => rgbImage(0, 2, new Uint8Array(0))).toThrow(ImageError);
  });

  it('reduces 16 bits to their high byte', () => {
    expect(to8Bit(greyImage(2, 1, Uint16Array.of(255, 65535)))).toEqual(
      greyImage(2, 1, Uint8Array.of(0, 255)),
    );
  });
});
