import { BackendError } from '@crrg/core';
import { binaryOperations, selection } from './ops/binary.js';
import { composites } from './ops/composites.js';
import { conv2d, conv2dTranspose } from './ops/convolution.js';
import type { OperationDefinition } from './ops/definition.js';
import { elementwise } from './ops/elementwise.js';
import { indexing } from './ops/indexing.js';
import { layoutOperations } from './ops/layout.js';
import { literals } from './ops/literals.js';
import { matmul } from './ops/matmul.js';
import { maxPool2d, maxPool2dGradient } from './ops/pool.js';
import { randomOperations } from './ops/random.js';
import { reductions } from './ops/reduce.js';

/** Every operation by name, in the order of the documentation. */
export const OPERATIONS: ReadonlyMap<string, OperationDefinition> = new Map(
  [
    ...literals,
    ...randomOperations,
    ...elementwise,
    ...binaryOperations,
    ...selection,
    ...reductions,
    matmul,
    conv2d,
    conv2dTranspose,
    maxPool2d,
    maxPool2dGradient,
    ...layoutOperations,
    ...indexing,
    ...composites,
  ].map((definition) => [definition.name, definition]),
);

/** The definition of an operation. @throws {BackendError} for an unknown name */
export function operationOf(name: string): OperationDefinition {
  const definition = OPERATIONS.get(name);
  if (!definition)
    throw new BackendError(
      `tensor: operation "${name}" is not defined; use one of ${[...OPERATIONS.keys()].join(', ')}.`,
    );
  return definition;
}
