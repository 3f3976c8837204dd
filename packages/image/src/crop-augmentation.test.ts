import { ConfigError, ImageError, createRandom, type Size } from '@crrg/core';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  CENTRED_CROP_AUGMENTATION,
  IMAGENET_PREPROCESSING,
  augmentCrop,
  clahe,
  claheLab,
  cropCentre,
  cropImage,
  drawCropAugmentation,
  greyImage,
  greyToRgb,
  jitterColour,
  preprocessAugmentedCrop,
  resizedCrop,
  rgbImage,
  type CropAugmentationParameters,
  type RgbImage,
} from './index.js';
import { labToRgb, rgbToLab } from './lab.js';
import { drawCrop } from './random-crop.js';
import { decodeRgbImage } from './node.js';

interface GoldenCase {
  readonly op: 'resized_crop' | 'clahe_lab' | 'brightness' | 'contrast' | 'saturation' | 'hue';
  readonly input: string;
  readonly top_left_h_w?: [number, number, number, number];
  readonly clip_limit?: number;
  readonly factor?: number;
  readonly sha256: string;
  readonly samples: readonly number[];
}

const fixture = (name: string) => fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(fixture('crop-augmentation.json'), 'utf8')) as {
  cases: readonly GoldenCase[];
};

/** The pixels that the fixture spells out; see its provenance. */
function samplesOf({ data }: RgbImage): number[] {
  return Array.from({ length: 12 }, (_, index) => ((index * 12547 + 37) * 3) % data.length).flatMap((at) =>
    Array.from(data.subarray(at, at + 3)),
  );
}

const pixel = (...rgb: number[]) => rgbImage(1, rgb.length / 3, Uint8Array.from(rgb));

describe('the steps of the crop augmentation', () => {
  it.each(golden.cases)('give the bytes of the reference: $op %#', async (item) => {
    const image = await decodeRgbImage(fixture(item.input));
    const actual = applyCase(image, item);
    expect(samplesOf(actual)).toEqual(item.samples);
    expect(createHash('sha256').update(actual.data).digest('hex')).toBe(item.sha256);
  });

  function applyCase(image: RgbImage, item: GoldenCase): RgbImage {
    if (item.op === 'clahe_lab') return claheLab(image, { clipLimit: item.clip_limit });
    if (item.op !== 'resized_crop') return jitterColour(image, [{ kind: item.op, factor: item.factor! }]);
    const [top, left, height, width] = item.top_left_h_w!;
    return resizedCrop(image, { top, left, height, width }, { width: 224, height: 224 });
  }
});

describe('clahe', () => {
  it('equalises each tile, mirrors the picture where tiles do not fit, and blends the four nearest', () => {
    // Tiles of 2x2: {0, 50, 50, 100}, {100, 50, 150, 100}, {100, 150, 50, 100}, {200, 150, 150, 100}; 63.75 a pixel.
    const image = greyImage(3, 3, Uint8Array.of(0, 50, 100, 50, 100, 150, 100, 150, 200));
    const { data } = clahe(image, { clipLimit: 256, tiles: { across: 2, down: 2 } });
    // Corner: tile 0 alone, 64. Top middle: tile 0, 191. Top right: half of tile 0 (255) and half of tile 1 (191).
    expect([...data.slice(0, 3)]).toEqual([64, 191, 223]);
    // Lower right: the mean of the four tiles at 200.
    expect(data[8]).toBe(255);
  });

  it('cuts the histogram at the clip limit and shares the excess out', () => {
    // 512 pixels of level 100: the limit is 2, the excess 510 gives 1 to each level and 1 more to the first 254.
    const flat = greyImage(32, 16, new Uint8Array(512).fill(100));
    const { data } = clahe(flat, { clipLimit: 1, tiles: { across: 1, down: 1 } });
    // Up to level 100: 101 * 2 + 2 of 512, times 255.
    expect(new Set(data)).toEqual(new Set([Math.round((204 * 255) / 512)]));
  });

  it('keeps grey pixels within 3 levels of grey on the way over Lab', () => {
    const ramp = greyImage(
      64,
      64,
      Uint8Array.from({ length: 4096 }, (_, at) => at / 16),
    );
    const { data } = claheLab(greyToRgb(ramp), { clipLimit: 2 });
    const spreads = Array.from({ length: 4096 }, (_, at) => {
      const channels = data.subarray(at * 3, at * 3 + 3);
      return Math.max(...channels) - Math.min(...channels);
    });
    expect(Math.max(...spreads)).toBeLessThanOrEqual(3);
  });

  it('leaves every level one pixel at least, however low the clip limit', () => {
    // 256 pixels of level 100: the limit is 1, the excess 255 gives 1 to each level but the last.
    const flat = greyImage(16, 16, new Uint8Array(256).fill(100));
    const { data } = clahe(flat, { clipLimit: 0.5, tiles: { across: 1, down: 1 } });
    expect(new Set(data)).toEqual(new Set([Math.round((102 * 255) / 256)]));
  });

  it('names every unusable option', () => {
    const image = greyImage(8, 8, new Uint8Array(64));
    expect(() => clahe(image, { clipLimit: 0, tiles: { across: 8, down: 0.5 } })).toThrow(
      'image.clahe: expected usable options, got clipLimit 0 (a positive number), tiles.across 8 (a positive integer below 8), tiles.down 0.5 (a positive integer below 8); correct them.',
    );
    expect(() => clahe(greyImage(9, 9, new Uint16Array(81)))).toThrow(ImageError);
  });
});

describe('8-bit Lab', () => {
  it('has the values of CIE Lab for white, black and the primaries', () => {
    const lab = rgbToLab(Uint8Array.of(255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255));
    // L * 255 / 100, a + 128, b + 128 of the sRGB primaries under D65, to within one level.
    const expected = [255, 128, 128, 0, 128, 128, 136, 208, 195, 224, 42, 211, 82, 207, 20];
    expected.forEach((value, at) => expect(Math.abs(lab[at]! - value)).toBeLessThanOrEqual(1));
  });

  it('comes back to within 3 levels for colours near grey that are not very dark', () => {
    const near = [-40, -20, 0, 20, 40];
    const colours = near.flatMap((r) => near.flatMap((g) => near.map((b) => [r, g, b])));
    const levels = Array.from({ length: 14 }, (_, index) => 80 + index * 10);
    const cube = Uint8Array.from(levels.flatMap((grey) => colours.flat().map((offset) => grey + offset)));
    const back = labToRgb(rgbToLab(cube));
    const errors = Array.from(cube, (value, at) => Math.abs(value - back[at]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(3);
  });
});

describe('jitterColour', () => {
  it('blends with black, the mean grey, the own grey, and turns the hue', () => {
    const image = pixel(100, 50, 200, 0, 0, 0);
    expect([...jitterColour(image, [{ kind: 'brightness', factor: 1.5 }]).data]).toEqual([
      150, 75, 255, 0, 0, 0,
    ]);
    // Grey 82 and 0: mean 41.
    expect([...jitterColour(image, [{ kind: 'contrast', factor: 0.5 }]).data]).toEqual([
      70, 45, 120, 20, 20, 20,
    ]);
    expect([...jitterColour(image, [{ kind: 'saturation', factor: 0 }]).data]).toEqual([82, 82, 82, 0, 0, 0]);
    expect([...jitterColour(pixel(255, 0, 0), [{ kind: 'hue', factor: 1 / 3 }]).data]).toEqual([0, 255, 0]);
    expect([...jitterColour(pixel(77, 77, 77), [{ kind: 'hue', factor: 0.4 }]).data]).toEqual([77, 77, 77]);
  });

  it('applies the steps in the given order and leaves the picture untouched', () => {
    const image = pixel(100, 100, 100, 200, 200, 200);
    const darker = { kind: 'brightness', factor: 2 } as const;
    const flatter = { kind: 'contrast', factor: 0.5 } as const;
    expect(jitterColour(image, [darker, flatter]).data[0]).toBe(214);
    expect(jitterColour(image, [flatter, darker]).data[0]).toBe(250);
    expect(image.data[0]).toBe(100);
  });

  it('refuses factors that mean nothing, and 16-bit pixels', () => {
    const image = pixel(1, 2, 3);
    expect(() => jitterColour(image, [{ kind: 'hue', factor: 0.6 }])).toThrow(
      'image.jitterColour: expected a hue factor in [-0.5, 0.5], got 0.6; draw it from such a range.',
    );
    expect(() => jitterColour(image, [{ kind: 'contrast', factor: -1 }])).toThrow(
      /contrast factor of at least 0/,
    );
    expect(() => jitterColour(rgbImage(1, 1, Uint16Array.of(1, 2, 3)), [])).toThrow(ImageError);
  });
});

describe('drawCropAugmentation', () => {
  const size = { width: 400, height: 300 };
  const draws = (ranges = {}, count = 2000): CropAugmentationParameters[] => {
    const random = createRandom(7);
    return Array.from({ length: count }, () => drawCropAugmentation(random, size, ranges));
  };

  it('draws crops inside the picture, of the reference’s areas and aspects', () => {
    const crops = draws().map(({ crop }) => crop);
    for (const { left, top, width, height } of crops) {
      expect([left, top, width, height].every(Number.isInteger)).toBe(true);
      expect(left >= 0 && top >= 0 && left + width <= 400 && top + height <= 300).toBe(true);
      expect((width * height) / 120000).toBeGreaterThan(0.79);
      expect(width / height).toBeLessThan(1.34);
    }
    expect(new Set(crops.map(({ left }) => left)).size).toBeGreaterThan(20);
  });

  it('equalises half of the pictures and always jitters, in every order', () => {
    const all = draws();
    expect(all.filter((each) => each.clahe).length / 2000).toBeCloseTo(0.5, 1);
    const limits = all.flatMap(({ clahe: step }) => step?.clipLimit ?? []);
    expect(Math.min(...limits) >= 1 && Math.max(...limits) < 4).toBe(true);
    expect(new Set(all.map(({ jitter }) => jitter.map(({ kind }) => kind).join())).size).toBe(24);
    const bounds = { brightness: 0.1, contrast: 0.2, saturation: 0.2, hue: 0.1 };
    for (const { kind, factor } of all.flatMap(({ jitter }) => jitter))
      expect(Math.abs(factor - (kind === 'hue' ? 0 : 1))).toBeLessThanOrEqual(bounds[kind] + 1e-9);
  });

  it('falls back to the largest centred crop of an allowed aspect where no try fits', () => {
    const never = { cropScale: [3, 3] } as const;
    const drawFor = (width: number, height: number) =>
      drawCropAugmentation(createRandom(1), { width, height }, never).crop;
    expect(drawFor(100, 100)).toEqual({ left: 0, top: 0, width: 100, height: 100 });
    expect(drawFor(100, 300)).toEqual({ left: 0, top: 83, width: 100, height: 133 });
    expect(drawFor(300, 100)).toEqual({ left: 83, top: 0, width: 133, height: 100 });
  });

  it('has a variant for RSNA: centred, without equalisation', () => {
    for (const { crop, clahe: step } of draws(CENTRED_CROP_AUGMENTATION, 50)) {
      expect(crop.left).toBe(Math.floor((400 - crop.width) / 2));
      expect(crop.top).toBe(Math.floor((300 - crop.height) / 2));
      expect(step).toBeUndefined();
    }
  });

  it('only depends on the seed', () => {
    expect(draws({}, 5)).toEqual(draws({}, 5));
  });

  it('names every unusable range', () => {
    const ranges = { hue: [-0.6, 0], contrast: [1.2, 0.8], claheProbability: 2 } as const;
    expect(() => drawCropAugmentation(createRandom(1), size, ranges)).toThrow(
      'image.drawCropAugmentation: expected ascending ranges of usable values, got contrast [1.2, 0.8], hue [-0.6, 0], claheProbability 2; correct them.',
    );
  });
});

describe('drawCrop', () => {
  const crops = (size: Size, fraction: number) => {
    const random = createRandom(3);
    const ranges = { scale: [fraction, fraction], aspect: [1, 1], position: 'anywhere' } as const;
    return Array.from({ length: 60 }, () => drawCrop(random, size, ranges));
  };
  const places = (drawn: ReturnType<typeof crops>, side: 'left' | 'top') =>
    [...new Set(drawn.map((crop) => crop[side]))].sort((a, b) => a - b);

  it('draws every place at which the crop fits, the last one too', () => {
    const drawn = crops({ width: 10, height: 10 }, 0.81);
    expect(places(drawn, 'left')).toEqual([0, 1]);
    expect(places(drawn, 'top')).toEqual([0, 1]);
  });

  it('takes a crop as wide or as high as the picture', () => {
    const upright = crops({ width: 10, height: 20 }, 0.5);
    expect(places(upright, 'left')).toEqual([0]);
    expect(places(upright, 'top')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(places(crops({ width: 20, height: 10 }, 0.5), 'left')).toHaveLength(11);
  });

  it('gives up after ten tries of two draws', () => {
    const random = createRandom(1);
    drawCrop(random, { width: 9, height: 9 }, { scale: [3, 3], aspect: [1, 1], position: 'anywhere' });
    expect(random.state().position).toBe(20);
  });

  it('draws the aspect log-uniformly: half of the crops are wider than high', () => {
    const middle = { ...createRandom(1), uniform: (low: number, high: number) => (low + high) / 2 };
    const ranges = { scale: [0.25, 0.25], aspect: [0.25, 4], position: 'centre' } as const;
    expect(drawCrop(middle, { width: 20, height: 20 }, ranges)).toMatchObject({ width: 10, height: 10 });
  });
});

describe('augmentCrop', () => {
  const image = greyToRgb(
    greyImage(
      60,
      50,
      Uint8Array.from({ length: 3000 }, (_, at) => at % 251),
    ),
  );
  const crop = { left: 5, top: 10, width: 40, height: 40 };

  it('crops, equalises and jitters in this order', () => {
    const jitter = [{ kind: 'brightness', factor: 0.9 }] as const;
    const parameters = { crop, clahe: { clipLimit: 3 }, jitter };
    const small = resizedCrop(image, crop, { width: 32, height: 32 });
    const expected = jitterColour(claheLab(small, { clipLimit: 3 }), jitter);
    expect(augmentCrop(image, parameters, { size: 32 })).toEqual(expected);
  });

  it('gives channels first, normalised with ImageNet statistics', () => {
    const white = rgbImage(4, 4, new Uint8Array(48).fill(255));
    const whole = { left: 0, top: 0, width: 4, height: 4 };
    const input = preprocessAugmentedCrop(
      white,
      { crop: whole, jitter: [] },
      { ...IMAGENET_PREPROCESSING, size: 2 },
    );
    expect(input.length).toBe(12);
    [2.2489083, 2.4285714, 2.64].forEach((value, channel) => {
      for (let at = 0; at < 4; at++) expect(input[channel * 4 + at]).toBeCloseTo(value, 6);
    });
  });

  it('refuses a crop of another picture and a size of nothing', () => {
    expect(() => augmentCrop(image, { crop: { ...crop, width: 56 }, jitter: [] })).toThrow(
      'image.cropImage: expected a rectangle of whole pixels inside 60x50, got 56x40 at (5, 10); draw it for this picture.',
    );
    expect(() => augmentCrop(image, { crop, jitter: [] }, { size: 0 })).toThrow(ConfigError);
    expect(() => cropCentre(image, 51)).toThrow(ImageError);
  });

  it('cuts out exactly the pixels of the rectangle, at any depth', () => {
    const deep = rgbImage(
      3,
      2,
      Uint16Array.from({ length: 18 }, (_, at) => at * 1000),
    );
    const part = cropImage(deep, { left: 1, top: 1, width: 2, height: 1 });
    expect([...part.data]).toEqual([12000, 13000, 14000, 15000, 16000, 17000]);
    expect(part.bitDepth).toBe(16);
  });
});
