import {
  CheckpointError,
  completeFields,
  fieldCheck,
  fieldChecks,
  refuseProblems,
  type AbortOptions,
} from '@crrg/core';
import { loadWeights, type Bundle, type BundleManifest } from '@crrg/checkpoints';
import { IMAGENET_PREPROCESSING, type CropPreprocessConfig } from '@crrg/image';
import {
  createWordPieceTokenizer,
  parseRclipConfig,
  parseWordPieceVocabulary,
  rclipSpecs,
  type RclipConfig,
  type WordPieceTokenizer,
} from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';
import { refusePart } from './model-part.js';

/** Weights of a contrastive model or classifier with all that they need to be used. */
export interface RclipModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the bundle's manifest, which pins every file. */
  readonly sha256: string;
  readonly config: RclipConfig;
  readonly preprocessing: CropPreprocessConfig;
  readonly weights: StateDict;
  /** Undefined where the bundle has no vocabulary. */
  readonly tokenizer: WordPieceTokenizer | undefined;
  /** Fields of the manifest whose values were assumed when the checkpoint was imported: `labels`, `thresholds`. @defaultValue none */
  readonly assumptions?: readonly string[] | undefined;
}

/** The parts of a manifest that hold an {@link RclipConfig}: labels and thresholds stand beside the architecture, each in one place. */
export type RclipManifest = Pick<BundleManifest, 'config' | 'labels' | 'thresholds'>;

/** What a manifest says of a model of this configuration. */
export function toRclipManifest(config: RclipConfig): RclipManifest {
  const { probe, ...architecture } = config;
  const labels = probe?.labels ?? [];
  return {
    config: { rclip: { ...architecture, probe: probe && { temperatures: probe.temperatures } } },
    labels,
    thresholds: Object.fromEntries(labels.map((label, index) => [label, probe!.thresholds[index]!])),
  };
}

/**
 * The configuration in a manifest, checked.
 * @throws {CheckpointError} for a bundle of another kind of model, or a label without a threshold
 * @throws {ConfigError} that names every bad field
 */
export function parseRclipManifest(manifest: RclipManifest & Pick<BundleManifest, 'name'>): RclipConfig {
  const { config, labels, thresholds, name } = manifest;
  refusePart(manifest, 'pipeline.loadRclipModel', 'an R-CLIP model', 'a cxr-clip or cxr-clip-probe bundle');
  const json = Object.hasOwn(config, 'rclip') ? config['rclip'] : undefined;
  if (typeof json !== 'object' || json === null)
    throw new CheckpointError(
      `pipeline.loadRclipModel: expected an R-CLIP model, got ${name} with ${Object.keys(config).join(', ') || 'nothing'}; import one with crrg models import, or train one.`,
    );
  const { probe, ...architecture } = json as { readonly probe?: object | null };
  if (!probe) return parseRclipConfig(architecture);
  const missing = labels.filter((label) => !Object.hasOwn(thresholds, label));
  if (missing.length > 0)
    throw new CheckpointError(
      `pipeline.loadRclipModel: expected a threshold for every label, got none for ${missing.join(', ')}; write the bundle again.`,
    );
  return parseRclipConfig({
    ...architecture,
    probe: { ...probe, labels, thresholds: labels.map((label) => thresholds[label]!) },
  });
}

const isTriple = (test: (value: number) => boolean) => (value: unknown) =>
  Array.isArray(value) &&
  value.length === 3 &&
  value.every((item) => typeof item === 'number' && Number.isFinite(item) && test(item));

const PREPROCESSING_CHECKS = {
  size: fieldChecks.count,
  mean: fieldCheck(
    isTriple(() => true),
    'three numbers',
  ),
  std: fieldCheck(
    isTriple((value) => value > 0),
    'three positive numbers',
  ),
};

function parsePreprocessing(json: unknown, config: RclipConfig): CropPreprocessConfig {
  const problems: string[] = [];
  const fields = completeFields(
    json,
    IMAGENET_PREPROCESSING,
    PREPROCESSING_CHECKS,
    'preprocessing.',
    problems,
  );
  refuseProblems('pipeline.loadRclipModel', problems);
  return { ...(fields as unknown as CropPreprocessConfig), size: config.imageEncoder.imageSize };
}

/** The vocabulary of a text encoder; undefined where the bundle has none. @throws {CheckpointError} for another kind of tokenizer */
export async function loadWordPieces(bundle: Bundle): Promise<WordPieceTokenizer | undefined> {
  const { tokenizer, name } = bundle.manifest;
  if (tokenizer === null) return undefined;
  const { kind, vocab } = tokenizer;
  if (kind !== 'word-piece' || typeof vocab !== 'string')
    throw new CheckpointError(
      `pipeline.loadRclipModel: expected model ${name} to have tokenizer { kind: "word-piece", vocab }, got ${JSON.stringify(tokenizer)}; write the bundle again.`,
    );
  const text = new TextDecoder().decode(await bundle.readFile(vocab));
  return createWordPieceTokenizer(parseWordPieceVocabulary(text));
}

/**
 * Reads a contrastive model or classifier from an opened bundle, strictly. The bundle stays the caller's and may be closed afterwards.
 * @throws {CheckpointError} for another kind or a part of a model, keys that are missing, unexpected or mis-shaped, or numbers that are
 * not finite
 * @throws {ConfigError} for a configuration that is not valid
 */
export async function loadRclipModel(bundle: Bundle, options: AbortOptions = {}): Promise<RclipModel> {
  const { manifest, sha256 } = bundle;
  const config = parseRclipManifest(manifest);
  const preprocessing = parsePreprocessing(manifest.preprocessing, config);
  const tokenizer = await loadWordPieces(bundle);
  const where = `pipeline.loadRclipModel (${manifest.name})`;
  const weights = await loadWeights(bundle, rclipSpecs(config), where, options);
  return {
    name: manifest.name,
    version: manifest.version,
    sha256,
    config,
    preprocessing,
    weights,
    tokenizer,
    assumptions: manifest.assumptions,
  };
}
