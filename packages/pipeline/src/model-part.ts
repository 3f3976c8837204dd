import type { BundleManifest } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';

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
