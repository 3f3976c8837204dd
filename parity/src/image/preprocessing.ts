import { parseSafetensors } from '@crrg/checkpoints';
import {
  IMAGENET_PREPROCESSING,
  RGRG_PREPROCESSING,
  adjustBrightness,
  adjustContrast,
  augment,
  cropCentre,
  fitLongestSide,
  fitShortestSide,
  greyImage,
  normalise,
  padToSquare,
  preprocessCentreCrop,
  preprocessRadiograph,
  type PixelData,
} from '@crrg/image';
import { decodeImage, decodeRgbImage } from '@crrg/image/node';
import type { ParityContext, ParitySuite } from '../framework/context.js';

interface RadiographCase {
  readonly name: string;
  readonly input: string;
  readonly expected_uint8: string;
  readonly resized_hw: readonly [number, number];
  readonly pad_top: number;
  readonly pad_left: number;
  readonly float_mean: number;
  readonly float_std: number;
}

interface DeepRadiographCase {
  readonly name: string;
  readonly input: string;
  readonly expected_uint16: string;
}

/** Besides these: `expected_uint8_SIZE`, a picture, and `float_at_ROW_COLUMN_rgb`, values at one pixel. */
interface CropCase extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly input: string;
  readonly float_mean_rgb?: readonly number[];
}

interface AffineCase {
  readonly translate_fraction_xy: readonly [number, number];
  readonly rotate_degrees: number;
  readonly expected: string;
  readonly boxes_in: readonly Corners[];
  readonly boxes_out: readonly Corners[];
  readonly labels_kept: readonly number[];
}

interface JitterCase {
  readonly factor: number;
  readonly brightness_lut: readonly number[];
  readonly contrast: string;
}

type Corners = readonly [number, number, number, number];

const SHARE_THAT_MAY_DIFFER = 0.005;

/** Pixel preprocessing of both networks, and the grey augmentations. */
export const prepSuite: ParitySuite = {
  name: 'prep',
  matches: (caseName) => /^(prep|augment)\//.test(caseName),
  run: (context) => ('affine' in context.sidecar ? runAugmentation(context) : runPreprocessing(context)),
};

async function runPreprocessing(context: ParityContext): Promise<void> {
  for (const item of list<RadiographCase>(context, 'rrg')) await checkRadiograph(context, item);
  for (const item of list<DeepRadiographCase>(context, 'rrg_16bit_resize_only'))
    await checkDeep(context, item);
  for (const item of list<CropCase>(context, 'rclip_eval')) await checkCrop(context, item);
  await checkNormalisation(context);
}

async function checkRadiograph(context: ParityContext, item: RadiographCase): Promise<void> {
  const image = await decodeImage(await context.file(item.input));
  const expected = await decodeImage(await context.file(item.expected_uint8));
  const resized = fitLongestSide(image, expected.width);
  const padded = padToSquare(resized, expected.width);
  checkPixels(context, item.name, padded.data, expected.data, SHARE_THAT_MAY_DIFFER);
  const { data, transform } = preprocessRadiograph(image, { size: expected.width });
  const geometry = [resized.height, resized.width, transform.top, transform.left];
  context.checkEqual(`${item.name} geometry`, geometry, [...item.resized_hw, item.pad_top, item.pad_left]);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  context.check(
    `${item.name} mean and deviation`,
    [mean, Math.sqrt(variance)],
    [item.float_mean, item.float_std],
    {
      tolerance: 1e-4,
    },
  );
}

async function checkDeep(context: ParityContext, item: DeepRadiographCase): Promise<void> {
  const image = await decodeImage(await context.file(item.input));
  const expected = await decodeImage(await context.file(item.expected_uint16));
  const padded = padToSquare(fitLongestSide(image, expected.width), expected.width);
  checkPixels(context, item.name, padded.data, expected.data);
}

async function checkCrop(context: ParityContext, item: CropCase): Promise<void> {
  const image = await decodeRgbImage(await context.file(item.input));
  const [, picture] = Object.entries(item).find(([name]) => name.startsWith('expected_uint8'))!;
  const expected = await decodeRgbImage(await context.file(String(picture)));
  const size = expected.width;
  const cropped = cropCentre(fitShortestSide(image, size), size);
  checkPixels(context, item.name, cropped.data, expected.data, SHARE_THAT_MAY_DIFFER);
  const data = preprocessCentreCrop(image, { ...IMAGENET_PREPROCESSING, size });
  const channels = [0, 1, 2].map((channel) =>
    data.subarray(channel * size * size, (channel + 1) * size * size),
  );
  const means = channels.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const at = (y: number, x: number) => channels.map((values) => values[y * size + x]!);
  if (item.float_mean_rgb)
    context.check(`${item.name} mean`, means, item.float_mean_rgb, { tolerance: 1e-4 });
  for (const [name, values] of Object.entries(item)) {
    const [, row, column] = /^float_at_(\d+)_(\d+)_rgb$/.exec(name) ?? [];
    if (row === undefined) continue;
    const found = at(Number(row), Number(column));
    context.check(`${item.name} (${row}, ${column})`, found, values as number[], { tolerance: 1e-6 });
  }
}

async function checkNormalisation(context: ParityContext): Promise<void> {
  const levels = Uint8Array.from({ length: 256 }, (_, value) => value);
  const grey = await readTable(context, 'normalise_lut.safetensors');
  const table = normalise(greyImage(256, 1, levels), RGRG_PREPROCESSING);
  if (grey) context.check('normalise_lut', table, grey, { tolerance: 1e-6 });
  const colour = await readTable(context, 'normalise_lut_rclip.safetensors');
  if (!colour) return;
  const columns = Array.from(levels, (value) => {
    const pixel = {
      width: 1,
      height: 1,
      bitDepth: 8,
      channels: 3,
      data: Uint8Array.of(value, value, value),
    } as const;
    return preprocessCentreCrop(pixel, { ...IMAGENET_PREPROCESSING, size: 1 });
  });
  const rows = [0, 1, 2].flatMap((channel) => columns.map((column) => column[channel]!));
  context.check('normalise_lut_rclip', rows, colour, { tolerance: 1e-6 });
}

/** The look-up table beside the cases, where the folder has one. */
async function readTable(context: ParityContext, file: string): Promise<ArrayLike<number> | undefined> {
  const bytes = await context.file(file).catch(() => undefined);
  return bytes && parseSafetensors(bytes).get('lut')?.data;
}

async function runAugmentation(context: ParityContext): Promise<void> {
  const image = await decodeImage(await context.file(String(context.sidecar['input'])));
  const levels = greyImage(
    256,
    1,
    Uint8Array.from({ length: 256 }, (_, value) => value),
  );
  for (const item of list<AffineCase>(context, 'affine')) {
    const [translateX, translateY] = item.translate_fraction_xy;
    const objects = item.boxes_in.map(([x1, y1, x2, y2], label) => ({ box: { x1, y1, x2, y2 }, label }));
    const affine = { translateX, translateY, rotateDegrees: item.rotate_degrees };
    const moved = augment(image, objects, { affine });
    const expected = await decodeImage(await context.file(item.expected));
    const far = countAbove(moved.image.data, expected.data, 1) / expected.data.length;
    const different = countAbove(moved.image.data, expected.data, 0);
    context.report(
      `${item.expected} share off by more than 1`,
      far,
      SHARE_THAT_MAY_DIFFER,
      `${different} pixels differ`,
    );
    const boxes = moved.objects.flatMap(({ box }) => [box.x1, box.y1, box.x2, box.y2]);
    context.check(`${item.expected} boxes`, boxes, item.boxes_out.flat(), { tolerance: 1e-3 });
    context.checkEqual(
      `${item.expected} labels`,
      moved.objects.map(({ label }) => label),
      item.labels_kept,
    );
  }
  for (const item of list<JitterCase>(context, 'colour_jitter')) {
    context.checkEqual(
      `brightness ${item.factor}`,
      adjustBrightness(levels, item.factor).data,
      item.brightness_lut,
    );
    const expected = await decodeImage(await context.file(item.contrast));
    checkPixels(context, item.contrast, adjustContrast(image, item.factor).data, expected.data);
  }
}

function list<T>(context: ParityContext, field: string): readonly T[] {
  return (context.sidecar[field] as readonly T[] | undefined) ?? [];
}

/** Reports the largest difference, which may be 1, and the share of pixels that differ at all where that is bounded. */
function checkPixels(
  context: ParityContext,
  name: string,
  actual: PixelData,
  expected: PixelData,
  share?: number,
): void {
  if (!context.check(`${name} pixels`, actual, expected, { tolerance: 1 }) || share === undefined) return;
  const different = countAbove(actual, expected, 0) / expected.length;
  context.report(`${name} share of different pixels`, different, share);
}

function countAbove(actual: PixelData, expected: PixelData, difference: number): number {
  let count = 0;
  for (let at = 0; at < expected.length; at++)
    if (Math.abs(actual[at]! - expected[at]!) > difference) count++;
  return count;
}
