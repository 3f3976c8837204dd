import { createRandom } from '@crrg/core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  addGaussianNoise,
  adjustBrightness,
  adjustContrast,
  augment,
  drawAugmentation,
  flipBoxHorizontal,
  flipHorizontal,
  greyImage,
  prepareTrainingSample,
  warpAffine,
  warpBox,
  type AugmentParameters,
} from './index.js';
import { decodeImage } from './node.js';

const fixture = (name: string) => fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(fixture('augment.json'), 'utf8')) as {
  affine: {
    translate_fraction_xy: [number, number];
    rotate_degrees: number;
    boxes_in: number[][];
    boxes_out: number[][];
    labels_kept: number[];
  }[];
  contrast: { factor: number; brightness_lut: number[] };
};

describe('augment', () => {
  it('moves pixels and boxes as the reference does and drops the label of a lost box', async () => {
    const item = golden.affine[0]!;
    const objects = item.boxes_in.map(([x1, y1, x2, y2], label) => ({
      box: { x1: x1!, y1: y1!, x2: x2!, y2: y2! },
      label,
    }));
    const [translateX, translateY] = item.translate_fraction_xy;
    const affine = { translateX, translateY, rotateDegrees: item.rotate_degrees };
    const moved = augment(await decodeImage(fixture('rrg_in.png')), objects, { affine });
    const expected = await decodeImage(fixture('rrg_affine_0.png'));
    expect(Buffer.compare(moved.image.data as Uint8Array, expected.data as Uint8Array)).toBe(0);
    expect(moved.objects.map(({ label }) => label)).toEqual(item.labels_kept);
    moved.objects.forEach(({ box }, index) => {
      [box.x1, box.y1, box.x2, box.y2].forEach((value, at) => {
        expect(value).toBeCloseTo(item.boxes_out[index]![at]!, 6);
      });
    });
  });

  it('scales brightness with the table of the reference', () => {
    const levels = greyImage(
      256,
      1,
      Uint8Array.from({ length: 256 }, (_, value) => value),
    );
    const { factor, brightness_lut } = golden.contrast;
    expect([...adjustBrightness(levels, factor).data]).toEqual(brightness_lut);
  });

  it('blends with the mean grey level for contrast, truncating', () => {
    const image = greyImage(2, 2, Uint8Array.of(0, 100, 200, 101));
    expect([...adjustContrast(image, 0.5).data]).toEqual([50, 100, 150, 100]);
    expect([...adjustContrast(image, 3).data]).toEqual([0, 99, 255, 102]);
  });

  it('applies the jitter steps in the given order', () => {
    const image = greyImage(2, 1, Uint8Array.of(100, 250));
    const brightness = { kind: 'brightness', factor: 1.2 } as const;
    const contrast = { kind: 'contrast', factor: 0.5 } as const;
    expect([...augment(image, [], { jitter: [brightness, contrast] }).image.data]).toEqual([153, 221]);
    expect([...augment(image, [], { jitter: [contrast, brightness] }).image.data]).toEqual([164, 254]);
  });

  it('adds noise of the asked strength, in levels of 8 bits, that only depends on the seed', () => {
    for (const [image, level] of [
      [greyImage(100, 100, new Uint8Array(10000).fill(128)), 1],
      [greyImage(100, 100, new Uint16Array(10000).fill(32896)), 257],
    ] as const) {
      const noisy = addGaussianNoise(image, { standardDeviation: 5, seed: 3 });
      const values = Array.from(noisy.data, (value) => value / level);
      const mean = values.reduce((sum, value) => sum + value, 0) / 10000;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 10000;
      expect(Math.abs(mean - 127.75)).toBeLessThan(0.4);
      expect(Math.sqrt(variance)).toBeCloseTo(5, 0);
      expect(addGaussianNoise(image, { standardDeviation: 5, seed: 3 })).toEqual(noisy);
      expect(addGaussianNoise(image, { standardDeviation: 5, seed: 4 })).not.toEqual(noisy);
    }
  });

  it('keeps noise inside the range: black and white do not wrap', () => {
    const noisy = (value: number) =>
      addGaussianNoise(greyImage(50, 50, new Uint8Array(2500).fill(value)), {
        standardDeviation: 5,
        seed: 3,
      }).data;
    expect(Math.max(...noisy(0))).toBeLessThan(30);
    expect(Math.min(...noisy(255))).toBeGreaterThan(225);
  });

  it('cuts boxes to the picture, moved or not, and drops what is outside', () => {
    const image = greyImage(10, 6, new Uint8Array(60));
    const over = { box: { x1: -2, y1: -3, x2: 40, y2: 50 } };
    const outside = { box: { x1: 12, y1: 0, x2: 14, y2: 6 } };
    expect(augment(image, [over, outside], {}).objects).toEqual([{ box: { x1: 0, y1: 0, x2: 10, y2: 6 } }]);
    const right = { translateX: 0.5, translateY: 0.5, rotateDegrees: 0 };
    const box = { x1: 2, y1: 1, x2: 9, y2: 5 };
    expect(warpBox(box, image, right)).toEqual({ x1: 7, y1: 4, x2: 10, y2: 6 });
    expect(augment(image, [{ box }], { affine: right }).objects).toEqual([
      { box: { x1: 7, y1: 4, x2: 10, y2: 6 } },
    ]);
  });

  it('zooms about the centre', () => {
    const image = greyImage(5, 1, Uint8Array.of(0, 0, 200, 0, 0));
    const zoomed = warpAffine(image, { translateX: 0, translateY: 0, rotateDegrees: 0, scale: 2 });
    expect([...zoomed.data]).toEqual([0, 100, 200, 100, 0]);
    const shifted = augment(image, [{ box: { x1: 3, y1: 0, x2: 5, y2: 1 } }], {
      affine: { translateX: 0.4, translateY: 0, rotateDegrees: 0 },
    });
    expect([...shifted.image.data]).toEqual([0, 0, 0, 0, 200]);
    expect(shifted.objects).toEqual([]);
  });

  it('leaves the given image and boxes untouched', () => {
    const image = greyImage(2, 2, Uint8Array.of(1, 2, 3, 4));
    augment(image, [], {
      jitter: [{ kind: 'brightness', factor: 2 }],
      noise: { standardDeviation: 9, seed: 1 },
    });
    expect([...image.data]).toEqual([1, 2, 3, 4]);
  });

  it('mirrors pixels and boxes', () => {
    const image = greyImage(3, 2, Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect([...flipHorizontal(image).data]).toEqual([3, 2, 1, 6, 5, 4]);
    expect(flipBoxHorizontal({ x1: 0, y1: 1, x2: 1, y2: 2 }, 3)).toEqual({ x1: 2, y1: 1, x2: 3, y2: 2 });
  });
});

describe('drawAugmentation', () => {
  it('fires each step half of the time, within the ranges of the reference', () => {
    const random = createRandom(5);
    const draws: AugmentParameters[] = Array.from({ length: 2000 }, () => drawAugmentation(random));
    for (const step of ['jitter', 'noise', 'affine'] as const) {
      expect(draws.filter((draw) => draw[step]).length / 2000).toBeCloseTo(0.5, 1);
    }
    const jitter = draws.flatMap((draw) => draw.jitter ?? []);
    expect(jitter.every(({ factor }) => factor >= 0.8 && factor < 1.2)).toBe(true);
    const first = draws.flatMap((draw) => draw.jitter?.slice(0, 1) ?? []);
    expect(first.filter(({ kind }) => kind === 'contrast').length / first.length).toBeCloseTo(0.5, 1);
    const deviations = draws.flatMap((draw) => draw.noise?.standardDeviation ?? []);
    expect(Math.min(...deviations)).toBeGreaterThanOrEqual(Math.sqrt(10));
    expect(Math.max(...deviations)).toBeLessThan(Math.sqrt(50));
    const moves = draws.flatMap((draw) => draw.affine ?? []);
    expect(
      moves.every(
        ({ translateX, rotateDegrees }) => Math.abs(translateX) <= 0.02 && Math.abs(rotateDegrees) <= 2,
      ),
    ).toBe(true);
    expect(moves.every(({ scale }) => scale === 1)).toBe(true);
  });

  it('draws the same parameters from the same seed', () => {
    expect(drawAugmentation(createRandom(9))).toEqual(drawAugmentation(createRandom(9)));
  });
});

describe('prepareTrainingSample', () => {
  it('scales each side of a box by its own axis, where a side was rounded', () => {
    // 3x10 pixels become 1x4.
    const box = { x1: 0, y1: 0, x2: 3, y2: 10 };
    const sample = prepareTrainingSample(greyImage(3, 10, new Uint8Array(30)), [{ box }], { size: 4 });
    expect(sample.objects).toEqual([{ box: { x1: 1, y1: 0, x2: 2, y2: 4 } }]);
  });

  it('augments before it pads, so that the padding stays black', () => {
    const image = greyImage(4, 8, new Uint8Array(32).fill(100));
    const objects = [{ box: { x1: 0, y1: 0, x2: 4, y2: 4 }, name: 'upper half' }];
    const augmentation = { noise: { standardDeviation: 7, seed: 1 } };
    const sample = prepareTrainingSample(image, objects, { size: 16, mean: 0, std: 1, augmentation });
    const column = (x: number) => Array.from({ length: 16 }, (_, y) => sample.data[y * 16 + x]);
    expect(new Set([...column(0), ...column(3), ...column(12)])).toEqual(new Set([0]));
    expect(new Set(column(5)).size).toBeGreaterThan(5);
    expect(sample.objects).toEqual([{ box: { x1: 4, y1: 0, x2: 12, y2: 8 }, name: 'upper half' }]);
  });
});
