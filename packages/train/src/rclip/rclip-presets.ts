import { fieldChecks, oneOf } from '@crrg/core';
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
}

/** Settings of pre-training: weights of the parts of the loss too. */
export interface RclipPretrainingSettings extends RclipStageSettings {
  readonly multiViewWeight: number;
  readonly imageWeight: number;
  readonly textWeight: number;
  /** Share of the text encoder's activations that training drops. */
  readonly dropout: number;
}

/** Settings of both stages. */
export interface RclipPreset {
  readonly source: string;
  readonly seed: number;
  /** Whose reports the model reads in pre-training: radiologists', or those that the report model writes. */
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
}

const { count, index, length, positive } = fieldChecks;

const PROBE: SettingChecks = {
  epochs: count,
  warmupEpochs: length,
  batchSize: count,
  learningRate: positive,
  weightDecay: length,
};
const PRETRAINING: SettingChecks = {
  ...PROBE,
  multiViewWeight: length,
  imageWeight: length,
  textWeight: length,
  dropout: share,
};
const TOP: SettingChecks = { seed: index, text: oneOf('original', 'generated') };

/**
 * A preset from JSON, as the files under `src/presets` are: each setting `{ "value", "from" }`, `from` being one of the file's `sources`.
 * @throws {ConfigError} that names every bad, unknown or missing field
 */
export function parseRclipPreset(json: unknown): RclipPreset {
  const names = [...Object.keys(TOP), 'pretraining', 'probe'];
  return readPreset(json, 'crrg/rclip-preset/1', names, (fields, { settings }) => {
    const { seed, text } = fields;
    return {
      source: fields['source'],
      ...settings({ seed, text }, TOP, ''),
      pretraining: settings(fields['pretraining'], PRETRAINING, 'pretraining'),
      probe: settings(fields['probe'], PROBE, 'probe'),
    } as unknown as RclipPreset;
  });
}

/** Names of {@link RCLIP_PRESETS}. */
export type RclipPresetName = 'rclip-base' | 'rclip-opt';

/** The settings of the CRRG-CLIP paper, Tables 5 and 6, and BERT's dropout. The two differ in the text that they are trained on. */
export const RCLIP_PRESETS: Readonly<Record<RclipPresetName, RclipPreset>> = {
  'rclip-base': parseRclipPreset(rclipBase),
  'rclip-opt': parseRclipPreset(rclipOpt),
};
