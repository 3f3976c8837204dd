import { applyKeyMap, type CheckpointValue, type TensorEntry } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import {
  BERT_KEY_MAP,
  CXR_CLIP_KEY_MAP,
  CXR_CLIP_PROBE_KEY_MAP,
  TORCHVISION_IMAGE_ENCODER_KEY_MAP,
  parseRclipConfig,
  rclipSpecs,
  type ProbeConfig,
} from '@crrg/rclip';
import type { KeyMap } from '@crrg/tensor';
import { partSpecs } from '../models/model-part.js';
import { checkKeys } from './check-keys.js';
import type { ConvertOptions } from './convert-options.js';
import { checkHubConfig, hintsOf } from './hub-config.js';
import { inferImageEncoder, inferTextEncoder, type Entries } from './infer-config.js';
import type { RclipKind } from './kinds.js';
import { mergeFields, notGiven, type Fields } from './merge-fields.js';
import { placeholderLabels, savedLabels } from './probe-labels.js';
import type { Tensors } from './state-dicts.js';

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

function outputsOf(tensors: Entries): number {
  return tensors.get('probe.weight')?.shape[0] ?? 0;
}

/** Sizes of a whole model or probe from its tensors, and what its own configuration says. Anything not understood is left out. */
function inferRclip(tensors: Entries, kind: RclipKind, values: ReadonlyMap<string, CheckpointValue>): Fields {
  const imageSize = saved(values, 'base/image_size', 'number');
  const imageEncoder = { ...inferImageEncoder(tensors), ...(imageSize !== undefined && { imageSize }) };
  if (kind === 'cxr-clip-probe') {
    const outputs = outputsOf(tensors);
    const labels = savedLabels(values, outputs) ?? placeholderLabels(outputs);
    return { imageEncoder, textEncoder: null, probe: { labels } };
  }
  const temperature = saved(values, 'model/temperature', 'number');
  return {
    imageEncoder,
    textEncoder: inferTextEncoder(tensors, {
      pooling: saved(values, 'model/text_encoder/pooling', 'string'),
      maxLength: saved(values, 'base/text_max_length', 'number'),
    }),
    embeddingDim: tensors.get('imageProjection.linear.weight')?.shape[0],
    projection: tensors.has('imageProjection.residual.weight') ? 'mlp' : 'linear',
    ...(temperature !== undefined && { initialTemperature: temperature }),
  };
}

/** What {@link convertRclip} gives. */
export interface ConvertedRclip {
  readonly config: Fields;
  readonly weights: Map<string, TensorEntry>;
  readonly assumptions: readonly string[];
}

function convertEncoder(
  kind: 'bert' | 'image-encoder',
  weights: Map<string, TensorEntry>,
  { given, hub }: ConvertOptions,
): ConvertedRclip {
  const hints = hub ? hintsOf(hub) : {};
  const inferred =
    kind === 'bert'
      ? { textEncoder: inferTextEncoder(weights, hints) }
      : { imageEncoder: inferImageEncoder(weights) };
  if (hub && kind === 'bert') checkHubConfig(kind, hub, inferred.textEncoder!);
  const config = { part: kind, rclip: parseRclipConfig(mergeFields(inferred, given['rclip'])) };
  checkKeys(weights, partSpecs(kind, config), 'pipeline.importModel');
  const isAssumed = kind === 'bert' && hints.numHeads === undefined;
  return { config, weights, assumptions: isAssumed ? notGiven(given, 'rclip.textEncoder.numHeads') : [] };
}

function requireLabels(probe: ProbeConfig | null, weights: Tensors): void {
  if (!probe || probe.labels.length === outputsOf(weights)) return;
  throw new CheckpointError(
    `pipeline.importModel: expected ${outputsOf(weights)} labels, one for each output, got ${probe.labels.length}; name every output.`,
  );
}

/**
 * R-CLIP, its probe, or one of its encoders under our names. The configuration is that of `parseRclipConfig`, below `rclip`.
 * @throws {CheckpointError} for the Swin variant, or tensors that do not fit
 */
export function convertRclip(kind: RclipKind, entries: Tensors, options: ConvertOptions): ConvertedRclip {
  if ([...entries.keys()].some((name) => name.startsWith('image_encoder.image_encoder.')))
    throw new CheckpointError(
      'pipeline.importModel: expected CXR-CLIP with the ResNet image encoder, got another (Swin); use a file r50_*.tar.',
    );
  const weights = applyKeyMap(entries, KEY_MAPS[kind], undefined, 'pipeline.importModel');
  if (kind === 'bert' || kind === 'image-encoder') return convertEncoder(kind, weights, options);
  const { given, values = new Map<string, CheckpointValue>() } = options;
  const rclip = parseRclipConfig(mergeFields(inferRclip(weights, kind, values), given['rclip']));
  requireLabels(rclip.probe, weights);
  checkKeys(weights, rclipSpecs(rclip), 'pipeline.importModel');
  return { config: { rclip }, weights, assumptions: assumptionsOf(kind, given, values, weights) };
}

function assumptionsOf(
  kind: RclipKind,
  given: Fields,
  values: ReadonlyMap<string, CheckpointValue>,
  weights: Tensors,
): string[] {
  const isGiven = (field: string) => notGiven(given, field).length === 0;
  const size = saved(values, 'base/image_size', 'number');
  const sizes = size === undefined ? notGiven(given, 'rclip.imageEncoder.imageSize') : [];
  if (kind !== 'cxr-clip-probe') return [...sizes, ...notGiven(given, 'rclip.textEncoder.numHeads')];
  const hasLabels = isGiven('rclip.probe.labels') || savedLabels(values, outputsOf(weights)) !== undefined;
  return [
    ...sizes,
    ...(hasLabels ? [] : ['labels']),
    ...(isGiven('rclip.probe.thresholds') ? [] : ['thresholds']),
  ];
}
