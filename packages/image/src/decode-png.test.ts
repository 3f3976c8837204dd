import { createRandom, ImageError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { joinBytes, letters, pngChunk, pngFile } from './__fixtures__/file-parts.js';
import * as browser from './browser.js';
import { encodePng, greyImage } from './index.js';
import * as node from './node.js';

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const palette = (size: number) =>
  pngChunk(
    'PLTE',
    Uint8Array.from({ length: size * 3 }, (_, at) => (at * 37) % 256),
  );

/** A picture of noise, 13x6 pixels. */
function noise(colourType: number, bitDepth: number, chunks: readonly Uint8Array[] = []): Uint8Array {
  const random = createRandom(colourType * 100 + bitDepth);
  const rowBytes = Math.ceil((13 * bitDepth * CHANNELS[colourType]!) / 8);
  const rows = Uint8Array.from({ length: 6 * rowBytes }, () => random.integer(256));
  return pngFile({ width: 13, height: 6, bitDepth, colourType, rows, before: chunks });
}

async function expectSameAsSharp(bytes: Uint8Array): Promise<void> {
  expect(await browser.decodeRgbImage(bytes)).toEqual(await node.decodeRgbImage(bytes));
  expect(await browser.decodeImage(bytes)).toEqual(await node.decodeImage(bytes));
}

describe('a PNG file without sharp', () => {
  it.each([
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [0, 16],
    [2, 8],
    [2, 16],
    [4, 8],
    [4, 16],
    [6, 8],
    [6, 16],
  ])('gives the pixels of sharp: colour type %i, %i bits', async (colourType, bitDepth) => {
    await expectSameAsSharp(noise(colourType, bitDepth));
  });

  it.each([1, 2, 4, 8])('gives the pixels of sharp: palette of %i bits, with transparency', async (bits) => {
    await expectSameAsSharp(noise(3, bits, [palette(2 ** bits)]));
    await expectSameAsSharp(noise(3, bits, [palette(2 ** bits), pngChunk('tRNS', [0, 9])]));
  });

  it.each([2, 6])(
    'does not look colours up in a palette that is only suggested: colour type %i',
    async (type) => {
      const suggested = [palette(8), pngChunk('sPLT', [...letters('few'), 0, 8, 1, 2, 3, 4, 0, 5])];
      const plain = await browser.decodeRgbImage(noise(type, 8));
      expect(await browser.decodeRgbImage(noise(type, 8, suggested))).toEqual(plain);
      expect(await browser.decodeRgbImage(noise(type, 8, [palette(256)]))).toEqual(plain);
      await expectSameAsSharp(noise(type, 16, suggested));
    },
  );

  it('keeps the stored values under transparency, gamma, profiles and odd text', async () => {
    const odd = [
      pngChunk('gAMA', [0, 0, 100, 0]),
      pngChunk('iCCP', [...letters('p'), 0, 0, 1, 2, 3]),
      pngChunk('tRNS', [0, 7]),
      pngChunk('pHYs', [1]),
      pngChunk('tEXt', letters('no end of keyword')),
    ];
    expect(await browser.decodeImage(noise(0, 8, odd))).toEqual(await browser.decodeImage(noise(0, 8)));
  });

  it('refuses interlaced files of fewer than 8 bits by name, and nothing else that is interlaced', async () => {
    for (const [colourType, bitDepth] of [
      [0, 1],
      [0, 2],
      [0, 4],
      [3, 4],
    ] as const) {
      const file = pngFile({
        width: 1,
        height: 1,
        bitDepth,
        colourType,
        rows: Uint8Array.of(0),
        isInterlaced: true,
        before: [palette(2)],
      });
      await expect(browser.decodeImage(file)).rejects.toThrow(ImageError);
      await expect(browser.decodeImage(file)).rejects.toThrow(`interlaced PNG of ${bitDepth} bit`);
    }
    const rows = Uint8Array.of(7, 9);
    const single = pngFile({ width: 1, height: 2, bitDepth: 8, colourType: 0, rows, isInterlaced: true });
    expect([...(await browser.decodeImage(single)).data]).toEqual([7, 9]);
  });

  it.each([
    [
      'an impossible depth',
      pngFile({ width: 1, height: 1, bitDepth: 4, colourType: 2, rows: Uint8Array.of(0, 0) }),
      /4 bits of colour type 2/,
    ],
    [
      'a colour that the palette does not hold',
      pngFile({
        width: 1,
        height: 1,
        bitDepth: 8,
        colourType: 3,
        rows: Uint8Array.of(5),
        before: [palette(2)],
      }),
      /palette does not hold/,
    ],
    [
      'no palette',
      pngFile({ width: 1, height: 1, bitDepth: 8, colourType: 3, rows: Uint8Array.of(0) }),
      /palette does not hold/,
    ],
    ['an unknown chunk that matters', noise(0, 8, [pngChunk('CgBI', [1, 2])]), /chunk CgBI is unknown/],
    [
      'missing rows',
      pngFile({ width: 1, height: 9, bitDepth: 8, colourType: 0, rows: new Uint8Array(9) }).map((byte, at) =>
        at === 23 ? 12 : byte,
      ),
      /damaged/,
    ],
  ])('refuses %s', async (_name, bytes, message) => {
    await expect(browser.decodeImage(bytes)).rejects.toThrow(ImageError);
    await expect(browser.decodeImage(bytes)).rejects.toThrow(message);
  });

  it('gives the same pixels or an ImageError of one line for any changed bit and any cut', async () => {
    const whole = encodePng(
      greyImage(
        9,
        9,
        Uint8Array.from({ length: 81 }, (_, at) => (at * 7919) % 256),
      ),
    );
    const expected = await browser.decodeImage(whole);
    for (let at = 8; at < whole.length; at++) {
      const changed = whole.map((byte, index) => (index === at ? byte ^ (1 << (at & 7)) : byte));
      for (const bytes of [changed, whole.subarray(0, at)]) {
        const result = await browser.decodeImage(bytes).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(ImageError);
          expect(result.message).not.toContain('\n');
        } else expect(result).toEqual(expected);
      }
    }
  });

  it('ignores what follows the end', async () => {
    const whole = noise(0, 8);
    expect(await browser.decodeImage(joinBytes(whole, [1, 2, 3]))).toEqual(await browser.decodeImage(whole));
  });
});
