import { CheckpointError, type AbortOptions } from '@crrg/core';
import { loadWeights, type Bundle } from '@crrg/checkpoints';
import { preprocessConfig, type PreprocessConfig } from '@crrg/image';
import type { Tokenizer } from '@crrg/report-gen';
import type { StateDict } from '@crrg/tensor';
import { loadBytePairs } from './byte-pairs.js';
import { refusePart } from './model-part.js';
import { parseRrgConfig, rrgSpecs, type RrgConfig } from './rrg-config.js';

/** Weights with all that they need to be used. */
export interface ReportModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the bundle's manifest, which pins every file. */
  readonly sha256: string;
  readonly config: RrgConfig;
  readonly preprocessing: PreprocessConfig;
  readonly weights: StateDict;
  readonly tokenizer: Tokenizer;
}

async function loadTokenizer(bundle: Bundle): Promise<Tokenizer> {
  const tokenizer = await loadBytePairs(bundle);
  if (tokenizer) return tokenizer;
  throw new CheckpointError(
    `pipeline.loadReportModel: model ${bundle.manifest.name} names no tokenizer vocab file; write the bundle with tokenizer { kind: "byte-bpe", vocab, merges }.`,
  );
}

/**
 * Reads a report model from an opened bundle, strictly. The bundle stays the caller's and may be closed afterwards.
 * @throws {CheckpointError} for keys that are missing, unexpected or mis-shaped, for numbers that are not finite, for a part of a model,
 * and for a bundle without a tokenizer
 * @throws {ConfigError} for a configuration that is not valid
 */
export async function loadReportModel(bundle: Bundle, options: AbortOptions = {}): Promise<ReportModel> {
  const { name, version, config: json, preprocessing } = bundle.manifest;
  refusePart(bundle.manifest, 'pipeline.loadReportModel', 'a report model', 'an rgrg bundle');
  if (Object.hasOwn(json, 'rclip'))
    throw new CheckpointError(
      `pipeline.loadReportModel: expected a report model, got the R-CLIP model ${name}; pass it as the classifier.`,
    );
  const config = parseRrgConfig(json);
  const tokenizer = await loadTokenizer(bundle);
  const where = `pipeline.loadReportModel (${name})`;
  const weights = await loadWeights(bundle, rrgSpecs(config), where, options);
  return {
    name,
    version,
    sha256: bundle.sha256,
    config,
    preprocessing: preprocessConfig({ ...preprocessing, size: config.detector.imageSize }),
    weights,
    tokenizer,
  };
}
