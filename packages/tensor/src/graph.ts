import { ShapeError } from '@crrg/core';
import type { OperationAttributes, OperationName } from './attributes.js';
import { evaluateDim, formatShape, staticDim, type Dim, type DimBindings, type Shape } from './dim.js';
import type { DType } from './host-tensor.js';

/** A value in a graph: the single result of a node. It holds no data. */
export interface Tensor {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One operation with its settings. */
export interface NodeOf<Op extends OperationName> {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: OperationAttributes[Op];
  readonly output: Tensor;
}

/** A value that comes from outside. */
export interface InputNode {
  readonly op: GraphInput['kind'];
  readonly inputs: readonly [];
  readonly attributes: { readonly name: string };
  readonly output: Tensor;
}

/** One operation of {@link OPERATIONS}. */
export type OperationNode = { readonly [Op in OperationName]: NodeOf<Op> }[OperationName];

/** Whatever gives a value; a look at `op` tells the type of the settings. */
export type Node = OperationNode | InputNode;

/** Whether a node computes its value; what does not is given from outside. */
export function isOperation(node: Node): node is OperationNode {
  return node.op !== 'input' && node.op !== 'parameter';
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

/** A graph without the nodes and parameters that no output needs, in the same order. */
export function prune({ nodes, inputs, outputs }: Graph): Graph {
  const needed = new Set(Object.values(outputs).map((x) => x.id));
  for (const node of nodes.toReversed())
    if (needed.has(node.output.id)) for (const x of node.inputs) needed.add(x.id);
  return {
    nodes: nodes.filter((node) => needed.has(node.output.id)),
    inputs: inputs.filter(({ tensor, kind }) => kind === 'input' || needed.has(tensor.id)),
    outputs,
  };
}

/** All dimensions as numbers. @throws {ShapeError} where one is symbolic */
export function staticShape(shape: Shape, where: string): number[] {
  return shape.map((dim: Dim) => staticDim(dim, where));
}
