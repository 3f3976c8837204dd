import { fieldCheck, fieldChecks, oneOf } from '@crrg/core';
import convirt from '../presets/convirt.json' with { type: 'json' };
import cxrClip from '../presets/cxr-clip.json' with { type: 'json' };
import cxrClip10 from '../presets/cxr-clip-10.json' with { type: 'json' };
import rclipBase from '../presets/rclip-base.json' with { type: 'json' };
import rclipOpt from '../presets/rclip-opt.json' with { type: 'json' };
import { readPreset, share, type SettingChecks } from '../presets/sourced-fields.js';

/** How the contrastive model or its probe is trained. */
export interface RclipStageSettings {
  readonly epochs: number;
  /** Epochs of linear rise of the learning rate before the cosine. */
  readonly warmupEpochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** On all parameters. */
  readonly weightDecay: number;
  /** Batches whose gradients are summed before an update; each is contrasted within itself. @defaultValue 1 */
  readonly accumulate?: number | undefined;
}

/** CXR-CLIP's three losses between two images and two texts of each study. */
export interface ContrastiveSettings {
  readonly loss?: 'cxr-clip' | undefined;
  readonly multiViewWeight: number;
  readonly imageWeight: number;
  readonly textWeight: number;
}

/** ConVIRT's loss between one image and one sentence of each study. */
export interface ConvirtSettings {
  readonly loss: 'convirt';
  /** Weight of the loss from image to text; the other way has the rest to 1. */
  readonly imageToTextWeight: number;
  /** Fixed: the model's own temperature is set to it and not learned. */
  readonly temperature: number;
  /** Embeddings and so many first layers of the text encoder keep their values. */
  readonly frozenTextLayers: number;
}

/** Settings of pre-training: the loss too. */
export type RclipPretrainingSettings = RclipStageSettings & {
  /** Share of the text encoder's activations that training drops. */
  readonly dropout: number;
  /**
   * Studies whose activations are in memory at a time. Loss and gradients are those of the whole batch, but statistics of batch normalisation are
   * those of a micro-batch, and the encoders run forward twice.
   * @defaultValue the whole batch
   */
  readonly microBatchSize?: number | undefined;
} & (ContrastiveSettings | ConvirtSettings);

/** Settings of both stages. */
export interface RclipPreset {
  readonly source: string;
  readonly seed: number;
  /** Whose reports the model reads in pre-training: radiologists', or those that the report model writes. */
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
  /** Share of the labelled films that the probe trains on. @defaultValue 1 */
  readonly probeShare?: number | undefined;
}

const { count, index, length, positive } = fieldChecks;

const PROBE: SettingChecks = {
  epochs: count,
  warmupEpochs: length,
  batchSize: count,
  learningRate: positive,
  weightDecay: length,
};
const upToOne = fieldCheck(
  (value) => typeof value === 'number' && value > 0 && value <= 1,
  'a number above 0 and at most 1',
);

const CONVIRT: SettingChecks = {
  ...PROBE,
  loss: oneOf('convirt'),
  imageToTextWeight: upToOne,
  temperature: positive,
  frozenTextLayers: index,
  dropout: share,
};
const PRETRAINING: SettingChecks = {
  ...PROBE,
  multiViewWeight: length,
  imageWeight: length,
  textWeight: length,
  dropout: share,
};
const PROBE_OPTIONAL: SettingChecks = { accumulate: count };
const PRETRAINING_OPTIONAL: SettingChecks = { ...PROBE_OPTIONAL, microBatchSize: count };
const TOP: SettingChecks = { seed: index, text: oneOf('original', 'generated') };
const TOP_OPTIONAL: SettingChecks = { probeShare: upToOne };

const hasMember = (json: unknown, name: string) =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, name);

/**
 * A preset from JSON, as the files under `src/presets` are: each setting `{ "value", "from" }`, `from` being one of the file's `sources`.
 * Pre-training with a `loss` is ConVIRT's, without one CXR-CLIP's. `accumulate` of both stages, `microBatchSize` of pre-training and `probeShare` need
 * not be there.
 * @throws {ConfigError} that names every bad, unknown or missing field
 */
export function parseRclipPreset(json: unknown): RclipPreset {
  const names = [...Object.keys(TOP), 'pretraining', 'probe'];
  return readPreset(
    json,
    'crrg/rclip-preset/1',
    names,
    (fields, { settings }) => {
      const { seed, text, probeShare, pretraining } = fields;
      const top = { seed, text, ...(hasMember(fields, 'probeShare') && { probeShare }) };
      return {
        source: fields['source'],
        ...settings(top, TOP, '', TOP_OPTIONAL),
        pretraining: settings(
          pretraining,
          hasMember(pretraining, 'loss') ? CONVIRT : PRETRAINING,
          'pretraining',
          PRETRAINING_OPTIONAL,
        ),
        probe: settings(fields['probe'], PROBE, 'probe', PROBE_OPTIONAL),
      } as unknown as RclipPreset;
    },
    Object.keys(TOP_OPTIONAL),
  );
}

/** Names of {@link RCLIP_PRESETS}. */
export type RclipPresetName = 'rclip-base' | 'rclip-opt' | 'cxr-clip' | 'cxr-clip-10' | 'convirt';

/**
 * The settings of the CRRG-CLIP paper, Tables 5 and 6, and BERT's dropout (the two differ in the text that they are trained on); those of CXR-CLIP
 * with a probe on all labels or on a tenth; and pre-training in the style of ConVIRT.
 */
export const RCLIP_PRESETS: Readonly<Record<RclipPresetName, RclipPreset>> = {
  'rclip-base': parseRclipPreset(rclipBase),
  'rclip-opt': parseRclipPreset(rclipOpt),
  'cxr-clip': parseRclipPreset(cxrClip),
  'cxr-clip-10': parseRclipPreset(cxrClip10),
  convirt: parseRclipPreset(convirt),
};

/** Names of {@link RCLIP_PRESETS}, for messages and help. */
export const RCLIP_PRESET_NAMES = Object.keys(RCLIP_PRESETS) as RclipPresetName[];
