import { createRandom, ImageError } from '@crrg/core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp, { type JpegOptions } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinBytes } from './__fixtures__/file-parts.js';
import * as browser from './browser.js';
import { assertWholeJpeg } from './jpeg-scan.js';
import { decodeImage, decodeRgbImage } from './node.js';

const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url)));
const END = [0xff, 0xd9];

let film: Buffer;
beforeAll(async () => {
  film = await sharp(fixture('film.png'))
    .resize(203, 150, { fit: 'fill' })
    .toColourspace('b-w')
    .png()
    .toBuffer();
});

const grey = async (options: JpegOptions = {}) =>
  new Uint8Array(
    await sharp(film)
      .jpeg({ quality: 90, ...options })
      .toBuffer(),
  );
const colour = async (options: JpegOptions = {}) =>
  new Uint8Array(await sharp(film).toColourspace('srgb').tint('#c0d0ff').jpeg(options).toBuffer());
const without = (bytes: Uint8Array, at: number, count: number) =>
  joinBytes(bytes.subarray(0, at), bytes.subarray(at + count));
/** Places of a marker with its two bytes. */
const places = (bytes: Uint8Array, marker: number) =>
  [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === marker);
/** Rewrites a JPEG with restart markers, which sharp cannot write: one interval for each block of a picture of one colour. */
function restarted(numbers: readonly number[]): Uint8Array {
  return joinBytes(
    [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array<number>(64).fill(8)],
    [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8 * 9, 1, 1, 0x11, 0],
    [0xff, 0xc4, 0, 20, 0, 1, ...new Array<number>(15).fill(0), 0],
    [0xff, 0xc4, 0, 20, 0x10, 1, ...new Array<number>(15).fill(0), 0],
    [0xff, 0xdd, 0, 4, 0, 1, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
    ...numbers.flatMap((number) => [[0x3f], [0xff, 0xd0 + number]]),
    [0x3f],
    END,
  );
}

/** A progressive JPEG of one row of grey blocks whose second scan says that `run` blocks behind the first hold nothing: 1 or 2. */
function progressive(blocks: number, run: 1 | 2): Uint8Array {
  const table = (kind: number, symbol: number) => [
    0xff,
    0xc4,
    0,
    20,
    kind,
    1,
    ...new Array<number>(15).fill(0),
    symbol,
  ];
  return joinBytes(
    [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array<number>(64).fill(8)],
    [0xff, 0xc2, 0, 11, 8, 0, 8, 0, 8 * blocks, 1, 1, 0x11, 0],
    table(0, 0),
    table(0x10, 0x10),
    [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x7f >> (blocks - 1)],
    [0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, run === 1 ? 0x3f : 0x7f],
    END,
  );
}

describe('a whole JPEG file', () => {
  it.each<[string, JpegOptions]>([
    ['baseline', {}],
    ['with tables of its own', { optimiseCoding: true }],
    ['progressive', { progressive: true }],
    ['progressive and optimised', { mozjpeg: true }],
    ['of full colour', { chromaSubsampling: '4:4:4' }],
    ['progressive of full colour', { progressive: true, chromaSubsampling: '4:4:4' }],
    ['of the best quality', { quality: 100 }],
    ['of the worst quality', { quality: 1 }],
  ])('passes: %s', async (_name, options) => {
    for (const bytes of [await grey(options), await colour(options)])
      expect(() => assertWholeJpeg(bytes)).not.toThrow();
  });

  it('passes with something behind its end, and with padding before it', async () => {
    const bytes = await grey();
    const body = bytes.subarray(0, -2);
    for (const file of [
      joinBytes(bytes, [1, 2, 3, 0xff, 0xda]),
      joinBytes(body, [0, 0, 0, 0, 0, 0], END),
      joinBytes(body, [0xff, 0xff, 0xff], END),
      joinBytes(body, [7, 7], END),
    ])
      expect(await decodeImage(file)).toEqual(await decodeImage(bytes));
  });

  it('passes with its restart markers in order', async () => {
    const bytes = restarted([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => assertWholeJpeg(bytes)).not.toThrow();
    expect([...(await decodeImage(bytes)).data]).toEqual(new Array(8 * 72).fill(128));
  });
});

describe('a JPEG file that lost something', () => {
  it('is refused where a run of empty blocks reaches past the last one', () => {
    expect(() => assertWholeJpeg(progressive(2, 1))).not.toThrow();
    expect(() => assertWholeJpeg(progressive(3, 2))).not.toThrow();
    expect(() => assertWholeJpeg(progressive(2, 2))).toThrow('pixels are missing');
  });

  it('is refused where its data go on after the last pixel', async () => {
    const body = (await grey()).subarray(0, -2);
    expect(() => assertWholeJpeg(joinBytes(body, [7, 7, 7], END))).toThrow(
      'its data go on after the last pixel',
    );
  });

  const refuse = async (bytes: Uint8Array) => {
    for (const decode of [decodeImage, browser.decodeImage]) {
      const error: unknown = await decode(bytes).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ImageError);
      expect((error as Error).message).toMatch(/a whole JPEG file.*damaged or cut off.*again\.$/);
    }
  };

  it.each<[string, JpegOptions]>([
    ['baseline', {}],
    ['progressive', { progressive: true }],
  ])('is refused where it ends early, with or without an end marker: %s', async (_name, options) => {
    const bytes = await grey(options);
    const start = places(bytes, 0xda)[0]! + 12;
    for (let at = start; at < bytes.length - 40; at += 97) {
      await refuse(joinBytes(bytes.subarray(0, at), END));
      await refuse(bytes.subarray(0, at));
    }
    await refuse(bytes.subarray(0, -2));
  });

  it('is refused where 400 bytes are missing, wherever they were', async () => {
    const bytes = await grey({ quality: 100 });
    const start = places(bytes, 0xda)[0]! + 12;
    for (let at = start; at < bytes.length - 402; at += 311) await refuse(without(bytes, at, 400));
  });

  it('is refused where bytes were put in', async () => {
    const bytes = await grey();
    const random = createRandom(3);
    const extra = Uint8Array.from({ length: 300 }, () => random.integer(255));
    const at = bytes.length >> 1;
    await refuse(joinBytes(bytes.subarray(0, at), extra, bytes.subarray(at)));
  });

  it('is refused where a scan of a progressive file is missing', async () => {
    const bytes = await grey({ progressive: true });
    const scans = places(bytes, 0xda);
    const tables = places(bytes, 0xc4).filter((at) => at > scans[0]!);
    expect(scans.length).toBeGreaterThan(3);
    for (const scan of scans.slice(1)) {
      const end = [...scans, ...tables, bytes.length - 2].filter((at) => at > scan).sort((a, b) => a - b)[0]!;
      await refuse(without(bytes, scan, end - scan));
    }
  });

  it('is refused where restart markers are missing, out of order, or an interval is lost', async () => {
    await refuse(restarted([0, 1, 2, 4, 5, 6, 7, 0]));
    await refuse(restarted([0, 1, 2, 3, 4, 5, 6]));
    await refuse(restarted([0, 1, 2, 3, 4, 5, 6, 6]));
    const whole = restarted([0, 1, 2, 3, 4, 5, 6, 7]);
    await refuse(without(whole, places(whole, 0xd3)[0]!, 2));
  });

  it('is refused where a table of its codes is missing', async () => {
    const bytes = await grey();
    const at = places(bytes, 0xc4)[0]!;
    await refuse(without(bytes, at, 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)));
  });

  it('is refused where its greys leave the range', () => {
    const bytes = restarted([0, 1, 2, 3, 4, 5, 6, 7]);
    const table = places(bytes, 0xc4)[0]! + 4 + 17;
    const bright = bytes.map((byte, at) => (at === table ? 8 : byte));
    // One symbol of 8 bits, the difference 255: eight times 255 steps is far above white.
    const scan = places(bytes, 0xda)[0]! + 10;
    const block = [0b01111111, 0b10111111];
    const file = joinBytes(
      bright.subarray(0, scan),
      ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => [block, [0xff, 0xd0 + n]]),
      block,
      END,
    );
    expect(() => assertWholeJpeg(file)).toThrow('its greys leave their range');
    const dim = file.map((byte, at) => (at === places(file, 0xdb)[0]! + 5 ? 4 : byte));
    expect(() => assertWholeJpeg(dim)).not.toThrow();
  });
});

describe('a JPEG file in the inks of print', () => {
  it('becomes light by plain arithmetic, as Pillow converts it', async () => {
    const { data, width } = await decodeRgbImage(fixture('inks.jpg'));
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect([4, 12, 20, 28].map((x) => at(x, 4))).toEqual([
      [255, 255, 255],
      [127, 127, 127],
      [0, 0, 0],
      [0, 255, 255],
    ]);
    expect([4, 12, 20, 28].map((x) => at(x, 12))).toEqual([
      [205, 44, 125],
      [155, 155, 155],
      [0, 0, 0],
      [207, 198, 190],
    ]);
  });

  it('is refused in the browser', async () => {
    await expect(browser.decodeImage(new Uint8Array(fixture('inks.jpg')))).rejects.toThrow(
      /inks of print \(CMYK\).*save it as/,
    );
  });
});
