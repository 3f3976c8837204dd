import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './browser.js';
import { chestLikeness } from './chest-likeness.js';
import { findImageDoubts, greyImage, resizeArea, type GreyImage } from './index.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const codes = (image: GreyImage, options?: Parameters<typeof findImageDoubts>[1]) =>
  findImageDoubts(image, options).map(({ code }) => code);

let film: GreyImage;
beforeAll(async () => {
  film = await decodeImage(readFileSync(path('__fixtures__/film.png')));
});

/** The film with its greys spread over some of 16 bits. */
function inBits(bits: number, { shift = 0 } = {}): GreyImage {
  const scale = (2 ** bits - 1) / 255;
  return greyImage(
    film.width,
    film.height,
    Uint16Array.from(film.data, (value) => Math.round(value * scale) << shift),
  );
}

const mapped = (image: GreyImage, change: (value: number, x: number, y: number) => number): GreyImage => ({
  ...image,
  data: image.data.map((value, at) => change(value, at % image.width, Math.floor(at / image.width))),
});
const bordered = (image: GreyImage, value: number, width: number) =>
  mapped(resizeArea(image, { width: 160, height: 160 }), (inside, x, y) =>
    Math.min(x, y, 159 - x, 159 - y) < width ? value : inside,
  );

/** One dark lung over a bright abdomen, with air before and behind. */
const lateral = () =>
  mapped(film, (_, x, y) => {
    if (Math.abs(x - 64) > 50) return 10 + (x % 5);
    if (y > 96) return 230 - (x % 7);
    return Math.hypot((x - 64) / 34, (y - 58) / 40) < 1 ? 90 + (y % 11) : 190 + (y % 13);
  });

describe('findImageDoubts', () => {
  it('has none about a good film, at 8 bits, at 16 and at 12 left-aligned ones', () => {
    expect(codes(film, { inputSize: 112 })).toEqual([]);
    expect(codes(inBits(16))).toEqual([]);
    expect(codes(inBits(12, { shift: 4 }))).toEqual([]);
    expect(codes(bordered(film, 255, 20))).toEqual([]);
    expect(codes(bordered(film, 0, 20))).toEqual([]);
  });

  it.each([8, 9, 10, 11, 12, 13, 14, 15])('finds that %i of 16 bits are used', (bits) => {
    const [doubt, ...others] = findImageDoubts(inBits(bits));
    expect(doubt?.code).toBe('bits-unused');
    expect(doubt?.message).toContain(`the greys use ${bits} of 16 bits`);
    expect(others).toEqual([]);
  });

  it.each([
    ['a white marker', (value: number, x: number, y: number) => (x < 8 && y < 8 ? 65535 : value)],
    [
      'a black and a white marker',
      (v: number, x: number, y: number) => (y < 9 ? (x < 9 ? 65535 : x < 18 ? 0 : v) : v),
    ],
    ['a smoothed marker', (v: number, x: number, y: number) => (y === 0 && x < 40 ? 1600 * x : v)],
    ['white collimation', (v: number, x: number) => (x < 20 || x > 107 ? 65535 : v)],
  ])('finds unused bits behind %s', (_name, change) => {
    for (const bits of [12, 14, 15]) expect(codes(mapped(inBits(bits), change))).toContain('bits-unused');
  });

  it('finds greys in a narrow band, as signed values that were stored with an offset', () => {
    const [doubt] = findImageDoubts(mapped(inBits(12), (value) => value + 32768));
    expect(doubt).toMatchObject({ code: 'bits-unused' });
    expect(doubt?.message).toMatch(/use 12 of 16 bits.*flat/);
    expect(codes(mapped(film, (value) => 100 + value / 9))).toContain('bits-unused');
  });

  it('takes a dim film of 8 bits, but not one whose upper half holds no pixel or that uses a quarter', () => {
    const dim = mapped(film, (value, x, y) => (x === 9 && y < 12 ? 130 + y * 4 : value * 0.45));
    expect(codes(dim)).toEqual([]);
    expect(codes(mapped(film, (value) => value >> 1))).toEqual(['bits-unused']);
    expect(codes(mapped(film, (value, x, y) => (x + y < 9 ? 255 : value >> 1)))).toEqual(['bits-unused']);
    expect(codes(mapped(film, (value, x, y) => (x === 9 && y < 12 ? 130 + y * 4 : value >> 2)))).toEqual([
      'bits-unused',
    ]);
  });

  it('believes the file about its significant bits only where the pixels agree', () => {
    const dim = mapped(film, (value, x, y) => (x === 9 && y < 12 ? 130 + y * 4 : value * 0.45));
    expect(codes(dim, { significantBits: 7 })).toEqual(['bits-unused']);
    expect(codes(film, { significantBits: 7 })).toEqual([]);
    expect(codes(inBits(12, { shift: 4 }), { significantBits: 12 })).toEqual([]);
  });

  it('knows a negative at any depth and border', () => {
    const negative = mapped(film, (value) => 255 - value);
    expect(codes(negative)).toEqual(['negative']);
    expect(codes(bordered(negative, 0, 20))).toEqual(['negative']);
    expect(codes(bordered(negative, 255, 20))).toEqual(['negative']);
    expect(codes(mapped(inBits(16), (value) => 65535 - value))).toEqual(['negative']);
    expect(codes(mapped(inBits(12), (value) => 4095 - value))).toEqual(['bits-unused', 'negative']);
    expect(codes(mapped(inBits(12), (value) => 65535 - value))).toEqual(['bits-unused', 'negative']);
  });

  it('knows a film on its side or upside down', () => {
    const side = film.width;
    const turns: ((x: number, y: number) => number)[] = [
      (x, y) => x * side + (side - 1 - y),
      (x, y) => (side - 1 - x) * side + y,
      (x, y) => (side - 1 - y) * side + x,
    ];
    for (const from of turns) {
      const found = codes(mapped(film, (_, x, y) => film.data[from(x, y)]!));
      expect(found).toContain('not-upright');
      expect(found).not.toContain('not-a-chest');
    }
    expect(codes(mapped(film, (_, x, y) => film.data[y * side + side - 1 - x]!))).toEqual([]);
  });

  it('does not call a picture turned that is more of a negative', () => {
    const last = film.data.length - 1;
    const mixed = (share: number) =>
      codes(
        mapped(
          film,
          (value, x, y) => (255 - value) * (1 - share) + film.data[last - y * film.width - x]! * share,
        ),
      );
    expect(mixed(0.4)).toEqual(['negative']);
    expect(mixed(0.6)).toEqual(['negative', 'not-upright']);
  });

  it('knows what is no chest: noise, a shading and a lateral film', () => {
    const noise = mapped(film, (_, x, y) => ((x * 7919 + y * 104729) ^ (x * y * 31)) & 255);
    const shading = mapped(film, (_, x) => 2 * x);
    for (const picture of [noise, shading, lateral()]) expect(codes(picture)).toContain('not-a-chest');
    expect(findImageDoubts(lateral())).toEqual([
      {
        code: 'not-a-chest',
        message:
          'the picture does not look like a frontal chest film. Check that it is the film that was meant.',
      },
    ]);
  });

  it('says that a picture shows nothing, with noise or a label too', () => {
    const flat = greyImage(64, 64, new Uint8Array(4096).fill(90));
    const noise = mapped(flat, (value, x, y) => value + ((x * 7 + y * 13) % 7));
    const label = mapped(noise, (value, x, y) => (x < 16 && y < 8 ? (x % 3) * 100 : value));
    expect(codes(flat)).toEqual(['nearly-empty']);
    expect(codes(noise)).toEqual(['nearly-empty']);
    expect(codes(label)).toEqual(['nearly-empty']);
    expect(codes(greyImage(64, 64, new Uint16Array(4096)))).toEqual(['nearly-empty']);
  });

  it('finds posterised greys', () => {
    expect(codes(mapped(film, (value) => (value >> 4) * 17))).toEqual(['few-grey-levels']);
    expect(codes(mapped(film, (value) => (value > 128 ? 255 : 0)))).toContain('few-grey-levels');
    expect(codes(mapped(film, (value) => value & 0xfe))).toEqual([]);
  });

  it('finds one side that is more than twice the other', () => {
    const strip = (width: number, height: number) => codes(resizeArea(film, { width, height }));
    expect(strip(2000, 40)).toContain('extreme-aspect-ratio');
    expect(strip(40, 2000)).toContain('extreme-aspect-ratio');
    expect(strip(101, 50)).toContain('extreme-aspect-ratio');
    expect(strip(100, 50)).not.toContain('extreme-aspect-ratio');
  });

  it('finds fewer than a sixth of the pixels of the input', () => {
    expect(codes(greyImage(3, 2, new Uint8Array(6)), { inputSize: 6 })).not.toContain('low-resolution');
    expect(codes(film, { inputSize: 313 })).toEqual([]);
    expect(codes(film, { inputSize: 314 })).toEqual(['low-resolution']);
    expect(codes(resizeArea(film, { width: 224, height: 224 }), { inputSize: 512 })).toEqual([]);
  });
});

describe('chestLikeness', () => {
  it('turns over with the greys and does not see brightness or contrast', () => {
    const { upright } = chestLikeness(film);
    expect(upright).toBeGreaterThan(0.6);
    expect(chestLikeness(mapped(film, (value) => 255 - value)).upright).toBeCloseTo(-upright, 6);
    expect(chestLikeness(mapped(inBits(16), (value) => 300 + value / 2)).upright).toBeCloseTo(upright, 2);
  });

  it('is 0 for a flat picture', () => {
    expect(chestLikeness(greyImage(64, 64, new Uint8Array(4096)))).toEqual({
      upright: 0,
      turned: 0,
      frontal: 0,
    });
  });

  it('tells a lateral film by its lungs where the whole picture does not', () => {
    const { upright, frontal } = chestLikeness(lateral());
    expect(upright).toBeGreaterThan(0.3);
    expect(frontal).toBeLessThan(upright - 0.1);
    expect(chestLikeness(film).frontal).toBeGreaterThan(0.6);
  });

  it('finds a chest that lies beside the middle', () => {
    const shifted = (by: number) => {
      const padded = mapped(film, (_, x, y) => film.data[y * film.width + ((x + by + 128) % 128)]!);
      return chestLikeness(padded).frontal;
    };
    expect(shifted(16)).toBeGreaterThan(0.45);
    expect(shifted(-16)).toBeGreaterThan(0.65);
    expect(shifted(8)).toBeGreaterThan(0.65);
  });
});
