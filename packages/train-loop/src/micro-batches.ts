import { ConfigError, ShapeError } from '@crrg/core';

/** One batch as a list of its micro-batches. @throws {ConfigError} for an empty list */
export function asBatches<T extends object>(given: T | readonly T[], where: string): readonly T[] {
  const batches = Array.isArray(given) ? (given as readonly T[]) : [given as T];
  if (batches.length > 0) return batches;
  throw new ConfigError(
    `${where}: expected a batch or its micro-batches, got an empty list; give at least one.`,
  );
}

/** @throws {ShapeError} for another number of micro-batches */
export function requireBatches<T>(given: readonly T[], count: number): readonly T[] {
  if (given.length === count) return given;
  throw new ShapeError(
    `train.step: expected ${count} micro-batches, got ${given.length}; give those that the step was made for, in their order.`,
  );
}
