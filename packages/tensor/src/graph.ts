import type { Dim, DimBindings, Shape } from './dim.js';
import { formatShape, staticDim } from './dim.js';
import { ShapeError } from '@crrg/core';
import type { DType, HostTensor } from './host-tensor.js';

/** JSON-like settings of a node. Dimensions may be symbolic. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A value in a graph: the single result of a node. It holds no data. */
export interface Tensor {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One operation. `op` names a definition in {@link OPERATIONS}, or is `input`, `parameter` or `constant`. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly output: Tensor;
}

/** A named value that a run must be given. Parameters may instead be bound at compile time. */
export interface GraphInput {
  readonly name: string;
  readonly kind: 'input' | 'parameter';
  readonly tensor: Tensor;
}

/** A traced computation: nodes in an order in which they can run. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly GraphInput[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The literal of a `constant` node. */
export function constantValue(node: Node): HostTensor {
  return node.attributes['value'] as HostTensor;
}

/**
 * The sizes that the inputs of one run give to the symbolic dimensions.
 * @throws {ShapeError} where an input's rank or a size disagrees
 */
export function bindDims(
  inputs: readonly GraphInput[],
  shapes: ReadonlyMap<string, readonly number[]>,
): DimBindings {
  const bindings = new Map<string, number>();
  for (const { name, tensor } of inputs) {
    const actual = shapes.get(name);
    if (!actual) continue;
    const refuse = () =>
      new ShapeError(
        `tensor.run: input "${name}" must be ${formatShape(tensor.shape)}, got [${actual.join(', ')}]; reshape it.`,
      );
    if (actual.length !== tensor.shape.length) throw refuse();
    tensor.shape.forEach((dim, axis) => {
      const size = actual[axis]!;
      if (typeof dim === 'number') {
        if (dim !== size) throw refuse();
        return;
      }
      const [monomial] = dim.terms.keys();
      if (dim.terms.size !== 1 || dim.terms.get(monomial!) !== 1 || monomial!.includes('*')) return;
      const known = bindings.get(monomial!);
      if (known !== undefined && known !== size) throw refuse();
      bindings.set(monomial!, size);
    });
  }
  return bindings;
}

/** All dimensions as numbers. @throws {ShapeError} where one is symbolic */
export function staticShape(shape: Shape, where: string): number[] {
  return shape.map((dim: Dim) => staticDim(dim, where));
}
