import { fieldCheck, fieldChecks, oneOf } from '@crrg/core';
import { readPreset, share, type SettingChecks } from '@crrg/train';
import adaAtt from '../presets/ada-att.json' with { type: 'json' };
import showAndTell from '../presets/show-and-tell.json' with { type: 'json' };
import type { CaptionerConfig, CaptionerKind } from './config.js';

/** How a captioner is trained. */
export interface CaptionerSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** Of the first epoch. */
  readonly learningRate: number;
  /** The trunk's learning rate over that of the rest. */
  readonly trunkLearningRateScale: number;
  /** The learning rate is multiplied by this after every epoch. */
  readonly decayPerEpoch: number;
  readonly weightDecay: number;
  /** Share of word vectors and of what the words are chosen by that training drops. */
  readonly dropout: number;
}

/** A captioner and how it is trained. */
export interface CaptionerPreset {
  readonly source: string;
  readonly seed: number;
  readonly architecture: Omit<CaptionerConfig, 'vocabSize'>;
  readonly settings: CaptionerSettings;
  /** Rarer words of the training reports are unknown. */
  readonly minCount: number;
  /** Beams of the search that writes. */
  readonly numBeams: number;
}

const { count, fourCounts, fraction, index, length, positive } = fieldChecks;

const ARCHITECTURE: SettingChecks = {
  kind: oneOf('show-and-tell', 'ada-att'),
  imageSize: count,
  stemWidth: count,
  planes: fourCounts,
  blocks: fourCounts,
  embeddingDim: count,
  width: count,
  attentionDim: count,
  maxLength: fieldCheck((value) => Number.isSafeInteger(value) && Number(value) > 1, 'a whole number from 2'),
};
const SETTINGS: SettingChecks = {
  epochs: count,
  batchSize: count,
  learningRate: positive,
  trunkLearningRateScale: length,
  decayPerEpoch: fraction,
  weightDecay: length,
  dropout: share,
};
const TOP: SettingChecks = { seed: index, minCount: count, numBeams: count };

/**
 * A preset from JSON, as the files under `src/presets` are: each setting `{ "value", "from" }`, `from` being one of the file's `sources`.
 * @throws {ConfigError} that names every bad, unknown or missing field
 */
export function parseCaptionerPreset(json: unknown): CaptionerPreset {
  const names = [...Object.keys(TOP), 'architecture', 'settings'];
  return readPreset(json, 'crrg/captioner-preset/1', names, (fields, { settings }) => {
    const { seed, minCount, numBeams } = fields;
    return {
      source: fields['source'],
      ...settings({ seed, minCount, numBeams }, TOP, ''),
      architecture: settings(fields['architecture'], ARCHITECTURE, 'architecture'),
      settings: settings(fields['settings'], SETTINGS, 'settings'),
    } as unknown as CaptionerPreset;
  });
}

/** The captioners of the CRRG-CLIP paper's Table 1, with the settings of the papers that its rows come from. */
export const CAPTIONER_PRESETS: Readonly<Record<CaptionerKind, CaptionerPreset>> = {
  'show-and-tell': parseCaptionerPreset(showAndTell),
  'ada-att': parseCaptionerPreset(adaAtt),
};
