import { writeBundle } from '@crrg/checkpoints/node';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import type { CropPreprocessConfig, PreprocessConfig } from '@crrg/image';
import { toRclipManifest, type RrgConfig } from '@crrg/pipeline';
import { toVocabularyText, type RclipConfig } from '@crrg/rclip';
import { toVocabularyFiles, type BpeVocabulary } from '@crrg/report-gen';
import type { StateDict } from '@crrg/tensor';

/** What a bundle says of any trained model. */
export interface TrainedModel {
  readonly name: string;
  readonly version: string;
  readonly weights: StateDict;
  readonly licence: string;
  readonly trainingData: string;
  /** What made it. */
  readonly source: string;
  /** Text of `MODEL_CARD.md`. */
  readonly modelCard: string;
  /** Texts of other files by name, such as an evaluation. @defaultValue none */
  readonly documents?: Readonly<Record<string, string>> | undefined;
}

/** A contrastive model, with or without a probe. */
export interface TrainedRclip extends TrainedModel {
  readonly config: RclipConfig;
  readonly preprocessing: CropPreprocessConfig;
  /** Word pieces of the text encoder; left out where there is none. */
  readonly vocabulary?: readonly string[] | undefined;
}

/** A report model. */
export interface TrainedReportModel extends TrainedModel {
  readonly config: RrgConfig;
  readonly preprocessing: PreprocessConfig;
  readonly vocabulary: BpeVocabulary;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** The texts that lie beside the weights. */
function attachmentsOf({ modelCard, documents = {} }: TrainedModel, tokenizer: Record<string, string>) {
  const all = { 'MODEL_CARD.md': modelCard, ...documents };
  const files = (texts: Readonly<Record<string, string>>, role: 'tokenizer' | 'document') =>
    Object.entries(texts).map(([name, text]) => [name, { role, bytes: bytes(text) }] as const);
  return Object.fromEntries([...files(tokenizer, 'tokenizer'), ...files(all, 'document')]);
}

const commonFields = ({ name, version, weights, licence, trainingData, source }: TrainedModel) => ({
  ...{ name, version, weights, licence, trainingData, source },
  modelCard: 'MODEL_CARD.md',
});

/**
 * Writes a trained contrastive model as a bundle that `loadClassifierModel` of `@crrg/pipeline` reads.
 *
 * @example
 * ```ts
 * await writeRclipBundle('models/mine', { name: 'mine', version: '1', config, weights, vocabulary, preprocessing, ...provenance });
 * ```
 */
export async function writeRclipBundle(folder: string, model: TrainedRclip): Promise<void> {
  const { config, preprocessing, vocabulary } = model;
  await writeBundle(folder, {
    ...commonFields(model),
    ...toRclipManifest(config),
    preprocessing: { ...preprocessing },
    tokenizer: vocabulary ? { kind: 'word-piece', vocab: 'vocab.txt' } : null,
    attachments: attachmentsOf(model, vocabulary ? { 'vocab.txt': toVocabularyText(vocabulary) } : {}),
  });
}

/** Writes a trained report model as a bundle that `loadModel` of `@crrg/pipeline` reads. */
export async function writeReportModelBundle(folder: string, model: TrainedReportModel): Promise<void> {
  const { config, preprocessing, vocabulary } = model;
  const { vocabJson, mergesText } = toVocabularyFiles(vocabulary);
  await writeBundle(folder, {
    ...commonFields(model),
    config: { ...config },
    preprocessing: { ...preprocessing },
    labels: ANATOMICAL_REGIONS,
    thresholds: { selectionLogit: config.regionSelector.thresholdLogit },
    tokenizer: { kind: 'byte-bpe', vocab: 'vocab.json', merges: 'merges.txt' },
    attachments: attachmentsOf(model, { 'vocab.json': vocabJson, 'merges.txt': mergesText }),
  });
}
