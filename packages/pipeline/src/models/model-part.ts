import { loadWeights, type Bundle, type BundleManifest } from '@crrg/checkpoints';
import { CheckpointError, type AbortOptions } from '@crrg/core';
import { detectorSpecs, parseDetectorConfig } from '@crrg/detector';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { parseRegionSelectorConfig, regionSelectorSpecs } from '@crrg/region-selector';
import { baseSpecs, parseReportGenConfig, type Tokenizer } from '@crrg/report-gen';
import { loadBytePairs } from './byte-pairs.js';
import { prefixSpecs, type ParameterSpecs, type StateDict } from '@crrg/tensor';

/** Networks that may stand alone in a bundle: its configuration names which. A `selector` is a detector with the classifiers of its regions. */
export const PARTS = ['detector', 'selector', 'resnet50', 'gpt2', 'bert', 'image-encoder'] as const;

/** One of {@link PARTS}. */
export type Part = (typeof PARTS)[number];

/** True for one of {@link PARTS}. */
export function isPart(value: unknown): value is Part {
  return (PARTS as readonly unknown[]).includes(value);
}

/** The trunk without its one-channel stem, which torchvision's file cannot fill. */
function trunkSpecs(config: unknown): ParameterSpecs {
  const specs = Object.entries(detectorSpecs(parseDetectorConfig(config)));
  return Object.fromEntries(
    specs.filter(([name]) => name.startsWith('backbone.') && name !== 'backbone.conv1.weight'),
  );
}

/** One encoder of R-CLIP. */
function encoderSpecs(name: 'imageEncoder' | 'textEncoder', config: unknown): ParameterSpecs {
  const specs = Object.entries(rclipSpecs(parseRclipConfig(config)));
  return Object.fromEntries(specs.filter(([parameter]) => parameter.startsWith(`${name}.`)));
}

/** Parameters of a part under the names that the whole model gives them. */
export function partSpecs(part: Part, config: Readonly<Record<string, unknown>>): ParameterSpecs {
  if (part === 'gpt2') return prefixSpecs('reportGen', baseSpecs(parseReportGenConfig(config['reportGen'])));
  if (part === 'bert') return encoderSpecs('textEncoder', config['rclip']);
  if (part === 'image-encoder') return encoderSpecs('imageEncoder', config['rclip']);
  if (part === 'selector')
    return {
      ...partSpecs('detector', config),
      ...prefixSpecs(
        'regionSelector',
        regionSelectorSpecs(parseRegionSelectorConfig(config['regionSelector'])),
      ),
    };
  if (part === 'resnet50') return prefixSpecs('detector', trunkSpecs(config['detector']));
  return prefixSpecs('detector', detectorSpecs(parseDetectorConfig(config['detector'])));
}

/** The part of a model that a bundle holds alone, such as `gpt2`; undefined for a whole model. */
export function partName({ config }: Pick<BundleManifest, 'config'>): string | undefined {
  return Object.hasOwn(config, 'part') ? String(config['part']) : undefined;
}

/**
 * Refuses a part where a whole model is needed.
 * @throws {CheckpointError} that says which part it is and what to give
 */
export function refusePart(
  manifest: Pick<BundleManifest, 'config' | 'name'>,
  where: string,
  expected: string,
  needed: string,
): void {
  const part = partName(manifest);
  if (part === undefined) return;
  throw new CheckpointError(
    `${where}: expected ${expected}, got ${manifest.name}, which is the part ${part} alone, for training; give ${needed}.`,
  );
}

/** A part of a model with all that training needs to start from it. */
export interface ModelPart {
  readonly part: Part;
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the bundle's manifest, which pins every file. */
  readonly sha256: string;
  /** As the manifest has it: `{ part, reportGen }`, `{ part, detector }`, `{ part, detector, regionSelector }` or `{ part, rclip }`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Under the names that the whole model gives them. */
  readonly weights: StateDict;
  /** As the manifest has it; empty for a network that sees no picture. */
  readonly preprocessing?: Readonly<Record<string, unknown>> | undefined;
  /** Of a GPT-2 whose bundle has one. */
  readonly bytePairs?: Tokenizer | undefined;
}

/**
 * Reads a part of a model from an opened bundle, strictly; large weights stay in its files. The bundle stays the caller's and may be closed
 * afterwards.
 * @param expected the parts that are of use
 * @throws {CheckpointError} for another part or a whole model, keys that do not fit, or numbers that are not finite
 */
export async function loadModelPart(
  bundle: Bundle,
  expected: readonly Part[] = PARTS,
  options: AbortOptions = {},
): Promise<ModelPart> {
  const { name, version, config, preprocessing } = bundle.manifest;
  const part = partName(bundle.manifest);
  if (!isPart(part) || !expected.includes(part))
    throw new CheckpointError(
      `pipeline.loadModelPart: expected the part ${expected.join(' or ')}, got ${name}, which is ${part === undefined ? 'no part' : `the part ${part}`}; import one with crrg models import --kind ${expected[0]}.`,
    );
  const where = `pipeline.loadModelPart (${name})`;
  const weights = await loadWeights(bundle, partSpecs(part, config), where, options);
  const bytePairs = part === 'gpt2' ? await loadBytePairs(bundle) : undefined;
  const { sha256 } = bundle;
  return { part, name, version, sha256, config, weights, preprocessing, ...(bytePairs && { bytePairs }) };
}
