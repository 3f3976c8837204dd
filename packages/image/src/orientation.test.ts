import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  joinBytes,
  letters,
  pngChunk,
  pngFile,
  tiffOrientation,
  withSegment,
} from './__fixtures__/file-parts.js';
import * as browser from './browser.js';
import { sniffImage } from './index.js';
import { decodeRadiograph } from './node.js';

const ROWS = Uint8Array.of(0, 120, 255, 40, 80, 200);
const png = (before: readonly Uint8Array[], behind: readonly Uint8Array[] = []) =>
  pngFile({ width: 3, height: 2, bitDepth: 8, colourType: 0, rows: ROWS, before, behind });
const exif = (orientation: number, options?: Parameters<typeof tiffOrientation>[1]) =>
  joinBytes(letters('Exif\0\0'), tiffOrientation(orientation, options));
const jpeg = () =>
  sharp(Buffer.alloc(24 * 16, 90), { raw: { width: 24, height: 16, channels: 1 } })
    .jpeg()
    .toBuffer();
const rawProfile = (name: string, bytes: Uint8Array) =>
  letters(
    `\n${name}\n${String(bytes.length).padStart(8)}\n${Buffer.from(bytes).toString('hex').replace(/.{72}/g, '$&\n')}\n`,
  );

/** Upright pixels of the six values, for each orientation. */
const UPRIGHT = {
  1: [0, 120, 255, 40, 80, 200],
  2: [255, 120, 0, 200, 80, 40],
  3: [200, 80, 40, 255, 120, 0],
  4: [40, 80, 200, 0, 120, 255],
  5: [0, 40, 120, 80, 255, 200],
  6: [40, 0, 80, 120, 200, 255],
  7: [200, 255, 80, 120, 40, 0],
  8: [255, 200, 120, 80, 0, 40],
} as const;
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

describe('the orientation of a PNG file', () => {
  it.each(ORIENTATIONS)(
    'is applied before and behind the pixels, in both byte orders: %i',
    async (orientation) => {
      for (const isLittleEndian of [false, true])
        for (const type of [1, 3, 4]) {
          const chunk = pngChunk('eXIf', tiffOrientation(orientation, { isLittleEndian, type }));
          for (const file of [png([chunk]), png([], [chunk])]) {
            const { image, doubts } = await decodeRadiograph(file);
            expect([...image.data]).toEqual(UPRIGHT[orientation]);
            expect(image.width).toBe(orientation < 5 ? 3 : 2);
            expect((await browser.decodeImage(file)).data).toEqual(image.data);
            expect(doubts.map(({ code }) => code)).not.toContain('orientation-not-applied');
          }
        }
    },
  );

  it.each(['exif', 'APP1'])("is read from ImageMagick's text chunks: %s", (name) => {
    const text = rawProfile(name, exif(6));
    const keyword = letters(`Raw profile type ${name}\0`);
    expect(sniffImage(png([pngChunk('tEXt', joinBytes(keyword, text))])).orientation).toBe(6);
    expect(
      sniffImage(png([], [pngChunk('zTXt', joinBytes(keyword, [0], deflateSync(text)))])).orientation,
    ).toBe(6);
    expect(sniffImage(png([pngChunk('iTXt', joinBytes(keyword, [0, 0, 0, 0], text))])).orientation).toBe(6);
    expect(
      sniffImage(
        png([pngChunk('iTXt', joinBytes(keyword, [1, 0], letters('en\0name\0'), deflateSync(text)))]),
      ).orientation,
    ).toBe(6);
  });

  it('is 1 where the metadata are damaged, and eXIf wins over a text chunk', () => {
    const keyword = letters('Raw profile type exif\0');
    expect(sniffImage(png([pngChunk('zTXt', joinBytes(keyword, [0, 1, 2, 3]))])).orientation).toBe(1);
    expect(sniffImage(png([pngChunk('tEXt', keyword)])).orientation).toBe(1);
    expect(sniffImage(png([pngChunk('iTXt', joinBytes(keyword, [0, 0]))])).orientation).toBe(1);
    expect(sniffImage(png([pngChunk('eXIf', [0x4d, 0x4d, 0, 42])])).orientation).toBe(1);
    const text = pngChunk('tEXt', joinBytes(keyword, rawProfile('exif', exif(6))));
    expect(sniffImage(png([text, pngChunk('eXIf', tiffOrientation(3))])).orientation).toBe(3);
  });
});

describe('the orientation of a JPEG file', () => {
  it.each(ORIENTATIONS)('is read as BYTE, SHORT or LONG in both byte orders: %i', async (orientation) => {
    const bytes = await jpeg();
    for (const isLittleEndian of [false, true])
      for (const type of [1, 3, 4, 6, 8, 9]) {
        const header = sniffImage(withSegment(bytes, 0xe1, exif(orientation, { type, isLittleEndian })));
        expect(header).toMatchObject({ orientation, width: 24, height: 16 });
        expect(header).not.toHaveProperty('orientationProblem');
      }
  });

  it('is read behind the frame header too', async () => {
    const bytes = await jpeg();
    const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
    const end = frame + 2 + bytes.readUInt16BE(frame + 2);
    const data = exif(8);
    const segment = [0xff, 0xe1, 0, data.length + 2, ...data];
    expect(sniffImage(joinBytes(bytes.subarray(0, end), segment, bytes.subarray(end))).orientation).toBe(8);
  });
});

describe('an orientation that cannot be applied', () => {
  const codes = async (file: Uint8Array) => (await decodeRadiograph(file)).doubts.map(({ code }) => code);
  const xmp = (value: string) => letters(`http://ns.adobe.com/xap/1.0/\0<rdf:Description ${value}/>`);

  it.each([
    ['a value above 8', exif(9)],
    ['a type that is no integer', exif(6, { type: 5 })],
    ['a value in XMP only', xmp('tiff:Orientation="6"')],
    ['an element in XMP only', xmp('><tiff:Orientation>8</tiff:Orientation>')],
  ])('is a doubt: %s', async (_name, data) => {
    expect(await codes(withSegment(await jpeg(), 0xe1, data))).toContain('orientation-not-applied');
  });

  it('is a doubt in a PNG file', async () => {
    expect(await codes(png([pngChunk('eXIf', tiffOrientation(77))]))).toContain('orientation-not-applied');
    const packet = letters('XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="3"/>');
    expect(await codes(png([pngChunk('iTXt', packet)]))).toContain('orientation-not-applied');
  });

  it('is none where nothing is to be turned', async () => {
    const bytes = await jpeg();
    for (const data of [exif(0), exif(1), exif(6, { tag: 0x0113 }), xmp('tiff:Orientation="1"'), xmp('')])
      expect(await codes(withSegment(bytes, 0xe1, data))).not.toContain('orientation-not-applied');
    const both = withSegment(withSegment(bytes, 0xe1, xmp('tiff:Orientation="6"')), 0xe1, exif(6));
    expect(await codes(both)).not.toContain('orientation-not-applied');
  });
});

describe('the significant bits of a PNG file', () => {
  it('are read from sBIT', () => {
    expect(sniffImage(png([pngChunk('sBIT', [5])]))).toMatchObject({ significantBits: 5 });
    expect(sniffImage(png([]))).not.toHaveProperty('significantBits');
  });

  it('are not read from a chunk that is cut off', () => {
    const header = png([]).subarray(0, 33);
    const chunk = pngChunk('sBIT', [5, 5, 5, 5]);
    expect(sniffImage(joinBytes(header, chunk))).toMatchObject({ significantBits: 5 });
    expect(sniffImage(joinBytes(header, chunk.subarray(0, -1)))).not.toHaveProperty('significantBits');
  });

  it('make a doubt where the greys agree with them', async () => {
    const rows = Uint8Array.from({ length: 64 * 64 }, (_, at) => (at * 31 + (at >> 6) * 17) % 100);
    rows[9] = 190;
    rows[99] = 140;
    const film = (before: Uint8Array[]) =>
      pngFile({ width: 64, height: 64, bitDepth: 8, colourType: 0, rows, before });
    const found = async (file: Uint8Array) => (await decodeRadiograph(file)).doubts.map(({ code }) => code);
    expect(await found(film([pngChunk('sBIT', [7])]))).toContain('bits-unused');
    expect(await found(film([pngChunk('sBIT', [8])]))).not.toContain('bits-unused');
    expect(await found(film([]))).not.toContain('bits-unused');
  });
});
