import { symbol, type Dim, type Shape } from './dim.js';
import { GraphBuilder } from './builder.js';
import type { Graph, GraphInput, Node, Tensor } from './graph.js';
import type { DType, HostTensor } from './host-tensor.js';
import type { Ops } from './operations.js';
import type { Parameters, ParameterSpecs } from './parameters.js';
import { CheckpointError } from '@crrg/core';
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

/** Keeps only what the outputs need, in order. */
function prune(
  nodes: readonly Node[],
  inputs: readonly GraphInput[],
  outputs: Readonly<Record<string, Tensor>>,
): Graph {
  const needed = new Set(Object.values(outputs).map((x) => x.id));
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index]!;
    if (needed.has(node.output.id)) for (const x of node.inputs) needed.add(x.id);
  }
  return {
    nodes: nodes.filter((node) => needed.has(node.output.id)),
    inputs: inputs.filter(({ tensor, kind }) => kind === 'input' || needed.has(tensor.id)),
    outputs,
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
  const inputs: Record<string, Tensor> = {};
  for (const [name, spec] of Object.entries(signature.inputs))
    inputs[name] = builder.input(name, 'input', shapeOf(spec.shape), spec.dtype ?? 'float32');
  const parameters = new Map<string, Tensor>();
  for (const [name, spec] of Object.entries(signature.parameters ?? {}))
    parameters.set(name, builder.input(name, 'parameter', spec.shape, 'float32'));
  const outputs = build(builder, { inputs, parameters: scopedParameters(parameters, '') });
  return prune(builder.nodes, builder.inputs, { ...outputs });
}

/** The same graph with every composite that `keep` refuses written out in primitives. */
export function expandComposites(graph: Graph, keep: (op: string) => boolean): Graph {
  const builder = new GraphBuilder();
  const moved = new Map<number, Tensor>();
  const kinds = new Map(graph.inputs.map((input) => [input.tensor.id, input]));
  for (const node of graph.nodes) {
    const input = kinds.get(node.output.id);
    const inputs = node.inputs.map((x) => moved.get(x.id)!);
    if (input)
      moved.set(node.output.id, builder.input(input.name, input.kind, node.output.shape, node.output.dtype));
    else if (node.op === 'constant')
      moved.set(node.output.id, builder.constant(node.attributes['value'] as HostTensor));
    else {
      const { decompose } = operationOf(node.op);
      moved.set(
        node.output.id,
        decompose && !keep(node.op)
          ? decompose(builder, inputs, node.attributes)
          : builder.record(node.op, inputs, node.attributes),
      );
    }
  }
  for (const { name, kind, tensor } of graph.inputs)
    if (!moved.has(tensor.id)) builder.input(name, kind, tensor.shape, tensor.dtype);
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, x]) => [name, moved.get(x.id)!]),
  );
  return prune(builder.nodes, builder.inputs, outputs);
}
