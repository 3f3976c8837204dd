import path from 'node:path';
import { checkNumbers, readTensors } from '@crrg/checkpoints';
import { readBundle, writeBundle } from '@crrg/checkpoints/node';
import { CheckpointError, INTENDED_USE } from '@crrg/core';
import { checkStateDict, type StateDict } from '@crrg/tensor';
import { createVocabulary, type WordVocabulary } from '../words/vocabulary.js';
import { parseCaptionerConfig, type CaptionerConfig } from './config.js';
import { captionerPreprocessing } from './preprocessing.js';
import { captionerSpecs } from './specs.js';

const WORDS_FILE = 'words.txt';

/** A trained captioner with all that it needs. */
export interface CaptionerModel {
  readonly name: string;
  /** SHA-256 of the bundle's manifest, which pins every file. */
  readonly sha256: string;
  readonly config: CaptionerConfig;
  readonly vocabulary: WordVocabulary;
  readonly weights: StateDict;
}

/** What {@link writeCaptionerBundle} writes. */
export interface TrainedCaptioner extends Omit<CaptionerModel, 'sha256'> {
  readonly licence: string;
  readonly trainingData: string;
  /** What made it. */
  readonly source: string;
  /** Rows of the model card: a name and a value. */
  readonly facts: readonly (readonly [string, string])[];
}

function modelCard({ config, source, facts }: TrainedCaptioner): string {
  const rows = facts.map(([name, value]) => `| ${name} | ${value.replace(/[|\s]+/g, ' ')} |`);
  return [
    '# Model card',
    '',
    `A captioner of whole films (${config.kind}), trained by \`${source}\`. A baseline: it knows no regions.`,
    '',
    ...['| what | value |', '| --- | --- |', ...rows],
    '',
    INTENDED_USE,
    '',
  ].join('\n');
}

/** Writes a trained captioner as a bundle. */
export async function writeCaptionerBundle(folder: string, model: TrainedCaptioner): Promise<void> {
  const { name, config, vocabulary, weights, licence, trainingData, source } = model;
  const bytes = (text: string) => new TextEncoder().encode(text);
  await writeBundle(folder, {
    ...{ name, version: '1', weights, licence, trainingData, source },
    config: { captioner: { ...config } },
    preprocessing: { ...captionerPreprocessing(config) },
    labels: [],
    thresholds: {},
    tokenizer: { kind: 'words', vocab: WORDS_FILE },
    modelCard: 'MODEL_CARD.md',
    attachments: {
      [WORDS_FILE]: { role: 'tokenizer', bytes: bytes(`${vocabulary.words.join('\n')}\n`) },
      'MODEL_CARD.md': { role: 'document', bytes: bytes(modelCard(model)) },
    },
  });
}

/**
 * Reads a captioner's bundle, strictly.
 * @throws {CheckpointError} where it is absent, damaged, or no captioner
 *
 * @example
 * ```ts
 * const model = await loadCaptionerModel('runs/show-and-tell/model');
 * ```
 */
export async function loadCaptionerModel(folder: string): Promise<CaptionerModel> {
  const bundle = await readBundle(folder);
  try {
    const { config, name } = bundle.manifest;
    if (!Object.hasOwn(config, 'captioner'))
      throw new CheckpointError(
        `baselines.loadCaptionerModel: expected a captioner in ${folder}, got ${name} with ${Object.keys(config).join(', ') || 'nothing'}; give the model folder of crrg baseline.`,
      );
    const parsed = parseCaptionerConfig(config['captioner']);
    const weights = await readTensors(bundle.entries);
    checkNumbers(weights, 'baselines.loadCaptionerModel');
    checkStateDict(captionerSpecs(parsed), weights, 'baselines.loadCaptionerModel');
    const words = new TextDecoder().decode(await bundle.readFile(WORDS_FILE));
    const vocabulary = createVocabulary(words.trimEnd().split('\n'));
    return { name, sha256: bundle.sha256, config: parsed, vocabulary, weights };
  } finally {
    await bundle.close();
  }
}

/** A name that a manifest may hold, from that of a folder. */
export function bundleName(folder: string): string {
  return path.basename(path.resolve(folder)).replace(/[^A-Za-z0-9._-]+/g, '-') || 'captioner';
}
