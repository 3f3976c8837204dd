import { ConfigError } from '@crrg/core';

/** Whole batches of `size` items; an incomplete one at the end is dropped. */
export function wholeBatches<T>(items: readonly T[], size: number): T[][] {
  return batchesWithRest(items, size).filter(({ length }) => length === size);
}

/** All items in batches of `size`; the last one may be shorter. */
export function batchesWithRest<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Samples of a run by split. */
export interface SampleCounts {
  readonly train: number;
  readonly valid: number;
}

/**
 * Whole batches in an epoch of training.
 * @throws {ConfigError} where there is none, or nothing to validate on
 */
export function requireSamples(where: string, { train, valid }: SampleCounts, batchSize: number): number {
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 1))
    throw new ConfigError(
      `${where}: expected a batch size of at least 1, got ${batchSize}; give a whole number.`,
    );
  if (train < batchSize)
    throw new ConfigError(
      `${where}: expected at least one batch of ${batchSize} samples, got ${train} samples; lower the batch size or give more.`,
    );
  if (valid === 0)
    throw new ConfigError(
      `${where}: expected at least one validation sample, got none; give some, they choose the best parameters.`,
    );
  return Math.floor(train / batchSize);
}

/** One batch's numbers, and how many samples they are the mean of. */
export interface BatchMeans {
  readonly samples: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Mean over samples of each named number; all batches have the same names. */
export function meanOverSamples(batches: readonly BatchMeans[]): Record<string, number> {
  const total = batches.reduce((sum, { samples }) => sum + samples, 0);
  const means: Record<string, number> = {};
  for (const { samples, values } of batches)
    for (const [name, value] of Object.entries(values))
      means[name] = (means[name] ?? 0) + value * (samples / total);
  return means;
}

/** Something compiled for one batch size, such as a graph. */
interface Owned {
  dispose(): void;
}

/** What {@link perBatchSize} made, by batch size. */
export interface PerBatchSize<T extends Owned> extends Owned {
  of(size: number): T;
}

/** Makes one of `T` for each size of batch that occurs; those made before a failing one are released. */
export async function perBatchSize<T extends Owned>(
  sizes: readonly number[],
  make: (size: number) => Promise<T>,
): Promise<PerBatchSize<T>> {
  const made = new Map<number, T>();
  const dispose = () => made.forEach((one) => one.dispose());
  try {
    for (const size of new Set(sizes)) made.set(size, await make(size));
  } catch (error) {
    dispose();
    throw error;
  }
  return { of: (size) => made.get(size)!, dispose };
}
