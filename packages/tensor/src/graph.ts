import type { Dim, DimBindings, Shape } from './dim.js';
import { evaluateDim, formatShape, staticDim } from './dim.js';
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

/** The name of a dimension that is a symbol and nothing else. */
function symbolOf(dim: Dim): string | undefined {
  return typeof dim !== 'number' && dim.terms.get(dim.key) === 1 && !dim.key.includes('*')
    ? dim.key
    : undefined;
}

/**
 * The sizes that the inputs of one run give to the symbolic dimensions.
 * @param where start of the message
 * @throws {ShapeError} where an input's rank or a size disagrees, with a number, with a symbol's other uses or with an expression
 */
export function bindDims(
  inputs: readonly GraphInput[],
  shapes: ReadonlyMap<string, readonly number[]>,
  where = 'tensor.run',
): DimBindings {
  const bindings = new Map<string, number>();
  const given = inputs.flatMap(({ name, tensor: { dtype, shape } }) => {
    const actual = shapes.get(name);
    return actual ? [{ name, dtype, shape, actual }] : [];
  });
  const refuse = ({ name, dtype, shape, actual }: (typeof given)[number]) => {
    const bound = [...bindings].map(([symbol, size]) => `${symbol} = ${size}`).join(', ');
    return new ShapeError(
      `${where}: input "${name}" must be ${dtype} ${formatShape(shape)}${bound ? ` with ${bound}` : ''}, got ${dtype} [${actual.join(', ')}]; reshape it.`,
    );
  };
  for (const each of given) {
    if (each.actual.length !== each.shape.length) throw refuse(each);
    each.shape.forEach((dim, axis) => {
      const name = symbolOf(dim);
      if (name !== undefined && !bindings.has(name)) bindings.set(name, each.actual[axis]!);
    });
  }
  for (const each of given)
    if (!each.shape.every((dim, axis) => evaluateDim(dim, bindings) === each.actual[axis]))
      throw refuse(each);
  return bindings;
}

/** All dimensions as numbers. @throws {ShapeError} where one is symbolic */
export function staticShape(shape: Shape, where: string): number[] {
  return shape.map((dim: Dim) => staticDim(dim, where));
}
