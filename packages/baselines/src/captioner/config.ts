import { completeFields, fieldChecks, oneOf, refuseProblems, type FieldChecks } from '@crrg/core';
import { RESNET50, resnetFeatureChannels, type ResNetConfig } from '@crrg/tensor';

/** Which captioner: one image vector before the words, or attention over image cells with a visual sentinel. */
export type CaptionerKind = 'show-and-tell' | 'ada-att';

/** A captioner as JSON beside its weights. */
export interface CaptionerConfig {
  readonly kind: CaptionerKind;
  /** Side of the square network input in pixels. */
  readonly imageSize: number;
  /** Channels of the trunk's first convolution. */
  readonly stemWidth: number;
  /** Bottleneck width of the four ResNet stages; a stage gives four times as many channels. */
  readonly planes: readonly number[];
  /** Bottleneck blocks of the four stages. */
  readonly blocks: readonly number[];
  /** Width of word vectors and of the image vector. */
  readonly embeddingDim: number;
  /** Width of the LSTM. */
  readonly width: number;
  /** Width in which adaptive attention compares; Show and Tell has no use for it. */
  readonly attentionDim: number;
  /** Words, the end and the unknown word included. */
  readonly vocabSize: number;
  /** Longest caption in words, its end included. */
  readonly maxLength: number;
}

/** ResNet-50 and the sizes of the papers: an LSTM of 512, and attention over 49 cells in a space of 49 dimensions. */
export const DEFAULT_CAPTIONER_CONFIG: CaptionerConfig = {
  kind: 'show-and-tell',
  imageSize: 224,
  stemWidth: RESNET50.stemChannels,
  planes: RESNET50.planes,
  blocks: RESNET50.blocks,
  embeddingDim: 512,
  width: 512,
  attentionDim: 49,
  vocabSize: 5000,
  maxLength: 100,
};

const { count, fourCounts } = fieldChecks;
const CHECKS: FieldChecks = {
  kind: oneOf('show-and-tell', 'ada-att'),
  imageSize: count,
  stemWidth: count,
  planes: fourCounts,
  blocks: fourCounts,
  embeddingDim: count,
  width: count,
  attentionDim: count,
  vocabSize: count,
  maxLength: count,
};

/**
 * A complete, checked configuration; fields that are left out take the value of {@link DEFAULT_CAPTIONER_CONFIG}.
 * @throws {ConfigError} one error that names every bad or unknown field
 */
export function parseCaptionerConfig(json: unknown): CaptionerConfig {
  const problems: string[] = [];
  const fields = completeFields(json, DEFAULT_CAPTIONER_CONFIG, CHECKS, '', problems);
  refuseProblems('baselines.parseCaptionerConfig', problems);
  return fields as unknown as CaptionerConfig;
}

/** The trunk of three channels. */
export function trunkConfig({ stemWidth, planes, blocks }: CaptionerConfig): ResNetConfig {
  return { inputChannels: 3, stemChannels: stemWidth, planes, blocks };
}

/** Channels of the trunk's last map. */
export const trunkChannels = (config: CaptionerConfig): number => resnetFeatureChannels(trunkConfig(config));

/** Cells of the trunk's last map: five halvings of each side, rounded up. */
export const numCells = ({ imageSize }: CaptionerConfig): number => Math.ceil(imageSize / 32) ** 2;

/** Width of what the LSTM reads in a step: a word, in adaptive attention with the image vector beside it. */
export const stepWidth = ({ kind, embeddingDim }: CaptionerConfig): number =>
  kind === 'ada-att' ? 2 * embeddingDim : embeddingDim;
