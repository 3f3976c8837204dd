import { BackendError } from '@crrg/core';
import type { OperationName } from './attributes.js';
import { binaryOperations, selection } from './ops/binary.js';
import { composites } from './ops/composites.js';
import { conv2d, conv2dTranspose } from './ops/convolution.js';
import type { Operations, Primitives } from './ops/definition.js';
import { elementwise } from './ops/elementwise.js';
import { indexing } from './ops/indexing.js';
import { layoutOperations } from './ops/layout.js';
import { literals } from './ops/literals.js';
import { matmul } from './ops/matmul.js';
import { maxPool2d, maxPool2dGradient } from './ops/pool.js';
import { randomOperations } from './ops/random.js';
import { reductions } from './ops/reduce.js';

const primitives: Primitives = {
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
};

/** Every operation by name, in the order of the documentation. */
export const OPERATIONS: Operations = { ...primitives, ...composites };

/** The definition of an operation. @throws {BackendError} for an unknown name, as a graph of another version may have */
export function operationOf<Op extends OperationName>(name: Op): Operations[Op] {
  if (!Object.hasOwn(OPERATIONS, name))
    throw new BackendError(
      `tensor: expected a known operation, got "${name}"; use matching versions of @crrg/tensor and of what traced the graph.`,
    );
  return OPERATIONS[name];
}
