import { preprocessRadiograph } from '@crrg/image';
import type { RrgConfig } from '@crrg/pipeline';
import type { RrgSample } from '@crrg/train';
import { float32, type HostTensor, type StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { readPicture } from '../detector/setup.js';
import { rrgModelOf } from './setup.js';

/** A case with its model. */
export interface RrgCase {
  readonly context: ParityContext;
  readonly config: RrgConfig;
  readonly weights: StateDict;
  readonly images: HostTensor<'float32'>;
}

/** Opens the model and the images of a case. */
export async function openRrgCase(context: ParityContext): Promise<RrgCase> {
  const name = context.sidecar['config'] as string;
  const model = rrgModelOf(await context.weightSource(name));
  return { context, ...model, images: await inputImages(context, model.config) };
}

/** The network input of a case: stored, or a picture to preprocess. */
async function inputImages(context: ParityContext, config: RrgConfig): Promise<HostTensor<'float32'>> {
  const stored = context.tensors.get('images');
  if (stored) return stored as HostTensor<'float32'>;
  const size = config.detector.imageSize;
  const image = await readPicture(context);
  return float32([1, 1, size, size], preprocessRadiograph(image, { size }).data);
}

/** The annotated images of a forward case. */
export function samplesOf({ context, config, images }: RrgCase): RrgSample[] {
  const batch = images.shape[0]!;
  const regions = config.detector.numRegions;
  const [tokens, mask] = [context.tensor('input_ids'), context.tensor('attention_mask')];
  const width = tokens.shape[1]!;
  const row = (index: number) => {
    const start = index * width;
    let length = 0;
    for (let i = start; i < start + width; i++) length += Number(mask.data[i]);
    return Array.from(tokens.data.slice(start, start + length));
  };
  const flags = (name: string, image: number) =>
    Array.from({ length: regions }, (_, region) => context.tensor(name).data[image * regions + region] !== 0);
  const pixels = images.data.length / batch;
  return Array.from({ length: batch }, (_, image) => ({
    image: images.data.slice(image * pixels, (image + 1) * pixels),
    groundTruth: {
      boxes: context.tensor(`gt_boxes_${image}`).data as Float32Array,
      regions: Int32Array.from({ length: regions }, (_, region) => region),
    },
    phrases: flags('region_has_sentence', image).map((hasPhrase, region) =>
      hasPhrase ? row(image * regions + region) : undefined,
    ),
    isAbnormal: flags('region_is_abnormal', image),
  }));
}
