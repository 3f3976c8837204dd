import {
  ConfigError,
  completeFields,
  fieldCheck,
  fieldChecks,
  oneOf,
  refuseProblems,
  type FieldCheck,
  type FieldChecks,
} from '@crrg/core';
import { RESNET50, type ResNetConfig } from '@crrg/tensor';

/** The ResNet that turns a picture into a vector. */
export interface ImageEncoderConfig {
  /** Side of the square network input in pixels. */
  readonly imageSize: number;
  /** Channels of the first convolution. */
  readonly stemWidth: number;
  /** Bottleneck width of the four ResNet stages; a stage gives four times as many channels. */
  readonly planes: readonly number[];
  /** Bottleneck blocks of the four stages. */
  readonly blocks: readonly number[];
}

/** Which hidden states stand for a text: that of the last real token (`[SEP]`), of the first (`[CLS]`), or the mean of all real ones. */
export type TextPooling = 'eos' | 'bos' | 'mean';

/** The BERT that turns a text into a vector. */
export interface TextEncoderConfig {
  readonly vocabSize: number;
  readonly width: number;
  readonly numLayers: number;
  /** Divides `width`. */
  readonly numHeads: number;
  readonly ffnWidth: number;
  /** Rows of the position table. */
  readonly numPositions: number;
  /** Rows of the token type table; every token has type 0. */
  readonly numTokenTypes: number;
  readonly layerNormEpsilon: number;
  readonly pooling: TextPooling;
  /** Longest text in tokens, with `[CLS]` and `[SEP]`; longer ones are cut. At most `numPositions`. */
  readonly maxLength: number;
}

/** How features become embeddings: one linear map, or CXR-CLIP's residual block of two with GELU and a norm. */
export type ProjectionKind = 'linear' | 'mlp';

/** The linear classifier on image features. */
export interface ProbeConfig {
  /** What each output says, in order. */
  readonly labels: readonly string[];
  /** Probability above which a label counts as found, in the order of `labels`. */
  readonly thresholds: readonly number[];
  /** Logits are divided by this before the sigmoid, in the order of `labels`; 1 is uncalibrated. */
  readonly temperatures: readonly number[];
}

/** Architecture of R-CLIP, as JSON beside its weights. */
export interface RclipConfig {
  readonly imageEncoder: ImageEncoderConfig;
  /** Null for a model that only classifies: no text encoder, projections or temperature. */
  readonly textEncoder: TextEncoderConfig | null;
  /** Width of the embeddings that both encoders share. */
  readonly embeddingDim: number;
  readonly projection: ProjectionKind;
  /** Cosines are divided by this at the start of training; the logarithm of its inverse is a parameter. */
  readonly initialTemperature: number;
  /** Null for a model without a classifier. */
  readonly probe: ProbeConfig | null;
}

/** Bio_ClinicalBERT's architecture, read as CXR-CLIP reads it. */
export const DEFAULT_TEXT_ENCODER_CONFIG: TextEncoderConfig = {
  vocabSize: 28996,
  width: 768,
  numLayers: 12,
  numHeads: 12,
  ffnWidth: 3072,
  numPositions: 512,
  numTokenTypes: 2,
  layerNormEpsilon: 1e-12,
  pooling: 'eos',
  maxLength: 256,
};

/** The published architecture: ResNet-50 over 224 x 224 pixels, BERT-base, embeddings of 512. */
export const DEFAULT_RCLIP_CONFIG: RclipConfig = {
  imageEncoder: {
    imageSize: 224,
    stemWidth: RESNET50.stemChannels,
    planes: RESNET50.planes,
    blocks: RESNET50.blocks,
  },
  textEncoder: DEFAULT_TEXT_ENCODER_CONFIG,
  embeddingDim: 512,
  projection: 'linear',
  initialTemperature: 0.07,
  probe: null,
};

/** @throws {ConfigError} for a model without a text encoder */
export function requireTextEncoder({ textEncoder }: RclipConfig, where: string): TextEncoderConfig {
  if (textEncoder) return textEncoder;
  throw new ConfigError(
    `${where}: expected a model with a text encoder, got one that only classifies; load a whole R-CLIP or CXR-CLIP model.`,
  );
}

/** @throws {ConfigError} for a model without a probe */
export function requireProbe({ probe }: RclipConfig, where: string): NonNullable<RclipConfig['probe']> {
  if (probe) return probe;
  throw new ConfigError(
    `${where}: expected a model with a probe, got one without; train a probe on it, or use zeroShot.`,
  );
}

const { count, fourCounts, positive, positives } = fieldChecks;
const isText = (value: unknown) => typeof value === 'string' && value.trim() !== '';
const labels = fieldCheck(
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(isText) && new Set(value).size === value.length,
  'a list of different texts',
);
const probabilities = fieldCheck(
  (value) =>
    Array.isArray(value) && value.every((item) => typeof item === 'number' && item >= 0 && item <= 1),
  'a list of numbers in [0, 1]',
);

const IMAGE_ENCODER_CHECKS: FieldChecks = {
  imageSize: count,
  stemWidth: count,
  planes: fourCounts,
  blocks: fourCounts,
};
const TEXT_ENCODER_CHECKS: FieldChecks = {
  vocabSize: count,
  width: count,
  numLayers: count,
  numHeads: count,
  ffnWidth: count,
  numPositions: count,
  numTokenTypes: count,
  layerNormEpsilon: positive,
  pooling: oneOf('eos', 'bos', 'mean'),
  maxLength: count,
};
const PROBE_CHECKS: FieldChecks = { labels, thresholds: probabilities, temperatures: positives };

/** Checked below, part by part. */
const any: FieldCheck = () => undefined;
const CHECKS: FieldChecks = {
  imageEncoder: IMAGE_ENCODER_CHECKS,
  textEncoder: any,
  embeddingDim: count,
  projection: oneOf('linear', 'mlp'),
  initialTemperature: positive,
  probe: any,
};

type Given = Readonly<Record<string, unknown>>;

function parseTextEncoder(given: Given, problems: string[]): TextEncoderConfig | null {
  if (given['textEncoder'] === null) return null;
  const text = completeFields(
    given['textEncoder'],
    DEFAULT_TEXT_ENCODER_CONFIG,
    TEXT_ENCODER_CHECKS,
    'textEncoder.',
    problems,
  ) as unknown as TextEncoderConfig;
  if (text.width % text.numHeads !== 0)
    problems.push(
      `textEncoder.width must be a multiple of textEncoder.numHeads, got ${text.width} and ${text.numHeads}`,
    );
  if (text.maxLength > text.numPositions)
    problems.push(
      `textEncoder.maxLength must be at most textEncoder.numPositions ${text.numPositions}, got ${text.maxLength}`,
    );
  return text;
}

function parseProbe(given: Given, problems: string[]): ProbeConfig | null {
  const probe = given['probe'] ?? null;
  if (probe === null) return null;
  const listed = (probe as Partial<ProbeConfig>).labels;
  const size = Array.isArray(listed) ? listed.length : 1;
  const defaults = {
    thresholds: new Array<number>(size).fill(0.5),
    temperatures: new Array<number>(size).fill(1),
  };
  const config = completeFields(probe, defaults, PROBE_CHECKS, 'probe.', problems) as unknown as ProbeConfig;
  for (const field of ['thresholds', 'temperatures'] as const) {
    if (Array.isArray(config[field]) && config[field].length !== size)
      problems.push(`probe.${field} must have one entry per label (${size}), got ${config[field].length}`);
  }
  return config;
}

/**
 * A complete, checked configuration; fields that are left out take the value of {@link DEFAULT_RCLIP_CONFIG}.
 * @throws {ConfigError} one error that names every bad or unknown field
 *
 * @example
 * ```ts
 * const config = parseRclipConfig({ probe: { labels: ['Pneumonia'] } });
 * ```
 */
export function parseRclipConfig(json: unknown): RclipConfig {
  const problems: string[] = [];
  const fields = completeFields(json, DEFAULT_RCLIP_CONFIG, CHECKS, '', problems);
  const given = (typeof json === 'object' && json !== null ? json : {}) as Given;
  const config = {
    ...fields,
    textEncoder: parseTextEncoder(given, problems),
    probe: parseProbe(given, problems),
  };
  refuseProblems('rclip.parseRclipConfig', problems);
  return config as unknown as RclipConfig;
}

/** The image encoder as the shared ResNet reads it. */
export function resnetConfig({ stemWidth, planes, blocks }: ImageEncoderConfig): ResNetConfig {
  return { inputChannels: 3, stemChannels: stemWidth, planes, blocks };
}
