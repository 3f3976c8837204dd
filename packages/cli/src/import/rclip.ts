import { applyKeyMap, type CheckpointValue, type TensorEntry } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import {
  BERT_KEY_MAP,
  CXR_CLIP_KEY_MAP,
  CXR_CLIP_PROBE_KEY_MAP,
  TORCHVISION_IMAGE_ENCODER_KEY_MAP,
  parseRclipConfig,
  rclipSpecs,
} from '@crrg/rclip';
import type { KeyMap } from '@crrg/tensor';
import { checkKeys } from './check-keys.js';
import { inferImageEncoder, inferTextEncoder, type Entries, type TextHints } from './infer-config.js';
import { partSpecs } from './parts.js';
import { mergeFields, type Fields } from './merge-fields.js';

type Tensors = ReadonlyMap<string, TensorEntry>;

/** Files that hold R-CLIP or a part of it. */
export const RCLIP_KINDS = ['cxr-clip', 'cxr-clip-probe', 'bert', 'image-encoder'] as const;

/** One of {@link RCLIP_KINDS}. */
export type RclipKind = (typeof RCLIP_KINDS)[number];

/** True for one of {@link RCLIP_KINDS}. */
export function isRclipKind(kind: string): kind is RclipKind {
  return (RCLIP_KINDS as readonly string[]).includes(kind);
}

/** What the reference's probe tells. */
const PROBE_LABELS: readonly string[] = ['Pneumonia'];

const KEY_MAPS: Readonly<Record<RclipKind, KeyMap>> = {
  'cxr-clip': CXR_CLIP_KEY_MAP,
  'cxr-clip-probe': CXR_CLIP_PROBE_KEY_MAP,
  bert: BERT_KEY_MAP,
  'image-encoder': TORCHVISION_IMAGE_ENCODER_KEY_MAP,
};

/** A value of the configuration that CXR-CLIP saves with its weights; undefined where it is absent or of another type. */
function saved<T extends 'number' | 'string'>(
  values: ReadonlyMap<string, CheckpointValue>,
  path: string,
  type: T,
): (T extends 'number' ? number : string) | undefined {
  const value = values.get(`config/${path}`);
  return typeof value === type ? (value as never) : undefined;
}

/** Sizes of a whole model or probe from its tensors, and what its own configuration says. Anything not understood is left out. */
function inferRclip(
  tensors: Entries,
  kind: RclipKind,
  values: ReadonlyMap<string, CheckpointValue>,
  hints: TextHints,
): Fields {
  const imageSize = saved(values, 'base/image_size', 'number');
  const imageEncoder = { ...inferImageEncoder(tensors), ...(imageSize !== undefined && { imageSize }) };
  if (kind === 'cxr-clip-probe') {
    const outputs = tensors.get('probe.weight')?.shape[0] ?? 0;
    const labels =
      outputs === PROBE_LABELS.length
        ? PROBE_LABELS
        : Array.from({ length: outputs }, (_, index) => `Label ${index + 1}`);
    return { imageEncoder, textEncoder: null, probe: { labels } };
  }
  const temperature = saved(values, 'model/temperature', 'number');
  return {
    imageEncoder,
    textEncoder: inferTextEncoder(tensors, {
      pooling: saved(values, 'model/text_encoder/pooling', 'string'),
      maxLength: saved(values, 'base/text_max_length', 'number'),
      ...hints,
    }),
    embeddingDim: tensors.get('imageProjection.linear.weight')?.shape[0],
    projection: tensors.has('imageProjection.residual.weight') ? 'mlp' : 'linear',
    ...(temperature !== undefined && { initialTemperature: temperature }),
  };
}

/**
 * R-CLIP, its probe, or one of its encoders under our names. The configuration is that of `parseRclipConfig`, below `rclip`.
 * @throws {CheckpointError} for the Swin variant, or tensors that do not fit
 */
export function convertRclip(
  kind: RclipKind,
  entries: Tensors,
  options: {
    readonly given: Fields;
    readonly values: ReadonlyMap<string, CheckpointValue>;
    readonly hints: TextHints;
  },
): { readonly config: Fields; readonly weights: Map<string, TensorEntry> } {
  if ([...entries.keys()].some((name) => name.startsWith('image_encoder.image_encoder.')))
    throw new CheckpointError(
      'cli.import: expected CXR-CLIP with the ResNet image encoder, got another (Swin); use a file r50_*.tar.',
    );
  const weights = applyKeyMap(entries, KEY_MAPS[kind], undefined, 'cli.import');
  const given = options.given['rclip'];
  if (kind === 'bert' || kind === 'image-encoder') {
    const inferred =
      kind === 'bert'
        ? { textEncoder: inferTextEncoder(weights, options.hints) }
        : { imageEncoder: inferImageEncoder(weights) };
    const config = { part: kind, rclip: parseRclipConfig(mergeFields(inferred, given)) };
    checkKeys(weights, partSpecs(kind, config), 'cli.import');
    return { config, weights };
  }
  const inferred = inferRclip(weights, kind, options.values, options.hints);
  const rclip = parseRclipConfig(mergeFields(inferred, given));
  checkKeys(weights, rclipSpecs(rclip), 'cli.import');
  return { config: { rclip }, weights };
}
