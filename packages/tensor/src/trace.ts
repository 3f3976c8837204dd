import { CheckpointError } from '@crrg/core';
import type { OperationName } from './attributes.js';
import { GraphBuilder } from './builder.js';
import { symbol, type Dim, type Shape } from './dim.js';
import { isOperation, prune, type Graph, type NodeOf, type Tensor } from './graph.js';
import type { DType } from './host-tensor.js';
import type { Ops } from './operations.js';
import type { Parameters, ParameterSpecs } from './parameters.js';
import { operationOf } from './registry.js';

/** Shape and type of an input; a string in the shape names a symbolic size. */
export interface InputSpec {
  readonly shape: readonly (Dim | string)[];
  /** @defaultValue 'float32' */
  readonly dtype?: DType | undefined;
}

/** What a traced function receives from outside. */
export interface TraceSignature {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly parameters?: ParameterSpecs | undefined;
}

/** The symbolic inputs and parameters during a trace. */
export interface TraceScope {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly parameters: Parameters;
}

function shapeOf(shape: InputSpec['shape']): Shape {
  return shape.map((dim) => (typeof dim === 'string' ? symbol(dim) : dim));
}

function scopedParameters(tensors: ReadonlyMap<string, Tensor>, prefix: string): Parameters {
  return {
    get(name) {
      const tensor = tensors.get(prefix + name);
      if (!tensor)
        throw new CheckpointError(
          `tensor.trace: parameter "${prefix}${name}" is not in the specifications; add it to the network's specs.`,
        );
      return tensor;
    },
    has: (name) => tensors.has(prefix + name),
    scope: (name) => scopedParameters(tensors, `${prefix}${name}.`),
  };
}

/**
 * Runs `build` once on symbolic values and gives the graph of what it computed. Dead nodes and unused parameters are dropped, equal
 * nodes are recorded once.
 *
 * @example
 * ```ts
 * const graph = trace(
 *   { inputs: { x: { shape: ['batch', 2] } }, parameters: { w: parameter([3, 2], torchDefault(2)) } },
 *   (ops, { inputs, parameters }) => ({ y: ops.matmul(inputs.x!, parameters.get('w'), { transposeB: true }) }),
 * );
 * ```
 */
export function trace(
  signature: TraceSignature,
  build: (ops: Ops, scope: TraceScope) => Readonly<Record<string, Tensor>>,
): Graph {
  const builder = new GraphBuilder();
  const inputs = Object.fromEntries(
    Object.entries(signature.inputs).map(([name, { shape, dtype = 'float32' }]) => [
      name,
      builder.input(name, 'input', shapeOf(shape), dtype),
    ]),
  );
  const parameters = new Map<string, Tensor>();
  for (const [name, spec] of Object.entries(signature.parameters ?? {}))
    parameters.set(name, builder.input(name, 'parameter', spec.shape, 'float32'));
  const outputs = build(builder, { inputs, parameters: scopedParameters(parameters, '') });
  return prune({ nodes: builder.nodes, inputs: builder.inputs, outputs: { ...outputs } });
}

function rewrite<Op extends OperationName>(
  builder: GraphBuilder,
  { op, attributes }: NodeOf<Op>,
  inputs: readonly Tensor[],
  keep: (op: OperationName) => boolean,
): Tensor {
  const { decompose } = operationOf(op);
  return decompose && !keep(op)
    ? decompose(builder, inputs, attributes)
    : builder.record(op, inputs, attributes);
}

/** The pruned graph with every composite that `keep` refuses written out in primitives. */
export function expandComposites(graph: Graph, keep: (op: OperationName) => boolean): Graph {
  const builder = new GraphBuilder();
  const moved = new Map<number, Tensor>();
  const { nodes, inputs, outputs } = prune(graph);
  const kinds = new Map(inputs.map((input) => [input.tensor.id, input]));
  for (const node of nodes) {
    const { id, shape, dtype } = node.output;
    const input = kinds.get(id);
    if (input) moved.set(id, builder.input(input.name, input.kind, shape, dtype));
    else if (node.op === 'constant') moved.set(id, builder.constant(node.attributes.value));
    else if (isOperation(node))
      moved.set(
        id,
        rewrite(
          builder,
          node,
          node.inputs.map((x) => moved.get(x.id)!),
          keep,
        ),
      );
  }
  const declared = inputs.map(({ name, kind, tensor }) => ({
    name,
    kind,
    tensor: moved.get(tensor.id) ?? builder.input(name, kind, tensor.shape, tensor.dtype),
  }));
  const moving = Object.entries(outputs).map(([name, x]) => [name, moved.get(x.id)!] as const);
  return prune({ nodes: builder.nodes, inputs: declared, outputs: Object.fromEntries(moving) });
}
