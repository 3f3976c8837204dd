import { createRandom, ConfigError } from '@crrg/core';
import { loadPart, type ModelSource } from '@crrg/pipeline/node';
import { initializeParameters, keyProblem, type HostTensor } from '@crrg/tensor';
import { parseCaptionerConfig, type CaptionerConfig } from './config.js';
import { captionerSpecs } from './specs.js';

/** Where a captioner starts. */
export interface CaptionerStart {
  readonly config: CaptionerConfig;
  readonly weights: Map<string, HostTensor>;
  /** Name and hash of the image encoder, or `random`. */
  readonly from: string;
}

/** The trunk's sizes in the configuration of an image encoder; the image may have another size. */
function trunkOf(rclip: unknown): object {
  const { imageEncoder } = (rclip ?? {}) as { imageEncoder?: Partial<CaptionerConfig> };
  const { stemWidth, planes, blocks } = imageEncoder ?? {};
  return { ...(stemWidth !== undefined && { stemWidth, planes, blocks }) };
}

/**
 * Fresh weights, with an imported image encoder as trunk where one is named; its sizes go before those of the configuration.
 * @throws {CheckpointError} where the part is no image encoder
 */
export async function startCaptioner(
  given: CaptionerConfig,
  {
    imageEncoder,
    seed,
    signal,
  }: {
    readonly imageEncoder?: ModelSource | undefined;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<CaptionerStart> {
  const part =
    imageEncoder === undefined ? undefined : await loadPart(imageEncoder, ['image-encoder'], { signal });
  const config = parseCaptionerConfig({ ...given, ...trunkOf(part?.config['rclip']) });
  const specs = captionerSpecs(config);
  const weights = initializeParameters(specs, createRandom(seed));
  if (!part) return { config, weights, from: 'random' };
  const problems = [...part.weights].map(([name, tensor]) => keyProblem(specs, name, tensor));
  const [problem] = problems.filter((each) => each !== undefined);
  if (problem !== undefined)
    throw new ConfigError(
      `baselines.startCaptioner: expected an image encoder with the trunk of the captioner, got one where ${problem}; import another with crrg models import --kind image-encoder.`,
    );
  for (const [name, tensor] of part.weights) weights.set(name, tensor);
  return { config, weights, from: `${part.name} (sha256 ${part.sha256})` };
}
