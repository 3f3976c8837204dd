import { claheLab, jitterColour, resizedCrop, type RgbImage } from '@crrg/image';
import { decodeRgbImage } from '@crrg/image/node';
import type { ParityContext, ParitySuite } from '../framework/context.js';

interface CropCase {
  readonly op: 'resized_crop';
  readonly top_left_h_w: readonly [number, number, number, number];
}

interface ClaheCase {
  readonly op: 'clahe_lab';
  readonly clip_limit: number;
  readonly tiles: readonly [number, number];
}

interface JitterCase {
  readonly op: 'brightness' | 'contrast' | 'saturation' | 'hue';
  readonly factor: number;
}

type AugmentationCase = { readonly input: string; readonly expected: string } & (
  CropCase | ClaheCase | JitterCase
);

/** Largest difference in grey levels, and the share of values that may differ by more. Source: the sidecar's `tolerance`. */
const TOLERANCES: Readonly<Record<AugmentationCase['op'], { levels: number; share: number }>> = {
  resized_crop: { levels: 1, share: 0 },
  clahe_lab: { levels: 4, share: 0.01 },
  brightness: { levels: 1, share: 0 },
  contrast: { levels: 1, share: 0 },
  saturation: { levels: 1, share: 0 },
  hue: { levels: 3, share: 0 },
};

/** R-CLIP's augmentation steps with fixed parameters. */
export const cropAugmentationSuite: ParitySuite = {
  name: 'crop-augmentation',
  matches: (caseName) => caseName === 'augment/rclip_augment',
  run: async (context) => {
    for (const item of context.sidecar['cases'] as readonly AugmentationCase[]) await check(context, item);
  },
};

async function check(context: ParityContext, item: AugmentationCase): Promise<void> {
  const expected = await decodeRgbImage(await context.file(item.expected));
  const actual = apply(await decodeRgbImage(await context.file(item.input)), item, expected);
  const { levels, share } = TOLERANCES[item.op];
  if (actual.data.length !== expected.data.length) {
    context.report(
      `${item.expected} size`,
      Infinity,
      0,
      `${actual.width}x${actual.height} instead of ${expected.width}x${expected.height}`,
    );
    return;
  }
  const differences = Array.from(expected.data, (value, at) => Math.abs(actual.data[at]! - value));
  const far = differences.filter((difference) => difference > levels).length / differences.length;
  const unequal = differences.filter((difference) => difference > 0).length;
  const note = `${unequal} of ${differences.length} values differ`;
  context.report(`${item.expected} share off by more than ${levels}`, far, share, note);
}

function apply(image: RgbImage, item: AugmentationCase, { width, height }: RgbImage): RgbImage {
  switch (item.op) {
    case 'resized_crop': {
      const [top, left, cropHeight, cropWidth] = item.top_left_h_w;
      return resizedCrop(image, { left, top, width: cropWidth, height: cropHeight }, { width, height });
    }
    case 'clahe_lab': {
      const [across, down] = item.tiles;
      return claheLab(image, { clipLimit: item.clip_limit, tiles: { across, down } });
    }
    default:
      return jitterColour(image, [{ kind: item.op, factor: item.factor }]);
  }
}
