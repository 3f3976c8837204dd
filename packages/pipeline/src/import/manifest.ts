import type { BundleManifest } from '@crrg/checkpoints';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import { IMAGENET_PREPROCESSING, RGRG_PREPROCESSING } from '@crrg/image';
import type { RclipConfig } from '@crrg/rclip';
import { toRclipManifest } from '../models/rclip-model.js';
import type { Converted } from './convert.js';
import { isRclipKind } from './kinds.js';
import type { Fields } from './merge-fields.js';
import { findTokenizer, findWordPieces, type TokenizerFiles, type TokenizerSource } from './tokenizer.js';

/** What a manifest says of a converted model besides its name. */
export type ModelFields = Pick<BundleManifest, 'config' | 'labels' | 'thresholds' | 'preprocessing'>;

/** The fields that depend on the kind of model. */
export function modelFields({ kind, config }: Converted): ModelFields {
  if (isRclipKind(kind)) return rclipFields(config);
  const detector = config['detector'] as { imageSize: number } | undefined;
  return {
    config,
    labels: kind === 'rgrg' || kind === 'detector' ? ANATOMICAL_REGIONS : [],
    thresholds: {},
    preprocessing:
      kind === 'gpt2' ? {} : { ...RGRG_PREPROCESSING, ...(detector && { size: detector.imageSize }) },
  };
}

function rclipFields(config: Fields): ModelFields {
  const rclip = config['rclip'] as RclipConfig;
  const preprocessing = { ...IMAGENET_PREPROCESSING, size: rclip.imageEncoder.imageSize };
  if ('part' in config) return { config, labels: [], thresholds: {}, preprocessing };
  return { ...toRclipManifest(rclip), preprocessing };
}

/** The tokenizer beside a checkpoint; undefined where there is none, or the model reads and writes no text. */
export async function modelTokenizer(
  { kind, config }: Converted,
  source: TokenizerSource,
): Promise<TokenizerFiles | undefined> {
  if (kind === 'image-encoder') return undefined;
  if (isRclipKind(kind)) {
    const { textEncoder } = config['rclip'] as RclipConfig;
    return textEncoder ? findWordPieces(source, textEncoder.vocabSize) : undefined;
  }
  const language = config['reportGen'] as { vocabSize: number } | undefined;
  return language && findTokenizer(source, language.vocabSize);
}
