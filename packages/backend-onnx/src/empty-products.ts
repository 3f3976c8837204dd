import { BackendError } from '@crrg/core';
import { evaluateDim, isOperation, type Dim, type DimBindings, type Graph } from '@crrg/tensor';

/** The sizes that products of a graph add over, where they may be 0. */
export function innerSizes({ nodes }: Graph): Dim[] {
  return nodes.flatMap((node) => {
    if (!isOperation(node) || node.op !== 'matmul') return [];
    const { shape } = node.inputs[0]!;
    const size = shape[shape.length - (node.attributes.transposeA ? 2 : 1)]!;
    return typeof size === 'number' && size > 0 ? [] : [size];
  });
}

/**
 * Refuses a product over nothing, with which ONNX Runtime 1.30's WebGPU provider ends the process.
 * @throws {BackendError}
 */
export function refuseEmptyProducts(sizes: readonly Dim[], bindings: DimBindings, where: string): void {
  if (sizes.every((size) => evaluateDim(size, bindings) > 0)) return;
  throw new BackendError(
    `${where}: expected products over an inner size of at least 1 on WebGPU, got 0; leave the run out, or use another engine.`,
  );
}
