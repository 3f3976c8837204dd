import type { RclipConfig } from '@crrg/rclip';
import { float32, type HostTensor, type InputSpec, type StateDict } from '@crrg/tensor';
import type { EmbeddingLoss, NamePattern } from '@crrg/train-loop';
import { packConvirtBatch, packRclipBatch, type RclipSample } from './rclip-batch.js';
import {
  convirtBatchInputs,
  convirtLossFunction,
  rclipBatchInputs,
  rclipLossFunction,
  type PassOptions,
} from './rclip-losses.js';
import type { ConvirtSettings, RclipPretrainingSettings } from './rclip-presets.js';

/** What a loss reads, computes and leaves as it is. */
export interface PretrainingLoss {
  readonly inputs: (batch: number) => Record<string, InputSpec>;
  readonly pack: (samples: readonly RclipSample[], padTokenId: number) => Record<string, HostTensor>;
  readonly loss: (pass: PassOptions) => EmbeddingLoss;
  /** Parameters that keep their values. */
  readonly frozen: readonly NamePattern[];
  /** The weights to start with. */
  readonly prepare: (weights: StateDict) => StateDict;
}

/** The embeddings and the first layers of the text encoder, and the temperature, which is a setting. */
function convirtFrozen({ textEncoder }: RclipConfig, { frozenTextLayers }: ConvirtSettings): string[] {
  if (frozenTextLayers === 0) return ['logitScale'];
  const layers = Math.min(frozenTextLayers, textEncoder?.numLayers ?? 0);
  return [
    'logitScale',
    ...['tokenTable.', 'positionTable.', 'typeTable.', 'embeddingNorm.'].map((name) => `textEncoder.${name}`),
    ...Array.from({ length: layers }, (_, layer) => `textEncoder.layers.${layer}.`),
  ];
}

function convirtLoss(config: RclipConfig, settings: ConvirtSettings): PretrainingLoss {
  const { imageToTextWeight, temperature } = settings;
  const scale = float32([], [Math.log(1 / temperature)]);
  return {
    inputs: (batch) => convirtBatchInputs(config, batch),
    pack: (samples, padTokenId) => packConvirtBatch(samples, config, padTokenId),
    loss: (pass) => convirtLossFunction(config, { imageToTextWeight, temperature, ...pass }),
    frozen: convirtFrozen(config, settings),
    prepare: (weights) => new Map([...weights, ['logitScale', scale]]),
  };
}

/** The loss that the settings name. @param labelSmoothing of CXR-CLIP's multi-view loss */
export function pretrainingLoss(
  config: RclipConfig,
  settings: RclipPretrainingSettings,
  labelSmoothing?: number,
): PretrainingLoss {
  if (settings.loss === 'convirt') return convirtLoss(config, settings);
  const { multiViewWeight, imageWeight, textWeight } = settings;
  const weights = { multiViewWeight, imageWeight, textWeight, labelSmoothing };
  return {
    inputs: (batch) => rclipBatchInputs(config, batch),
    pack: (samples, padTokenId) => packRclipBatch(samples, config, padTokenId),
    loss: (pass) => rclipLossFunction(config, { ...weights, ...pass }),
    frozen: [],
    prepare: (start) => start,
  };
}
