import type { Graph, StateDict } from '@crrg/tensor';
import { lowerGraph, type LoweredGraph } from './lower/lower-graph.js';
import { encodeModel, type EncodedModel } from './model.js';
import type { OnnxType, ValueInfo } from './proto/onnx.js';

/** What an exported model takes or gives. */
export interface ExportedValue {
  readonly name: string;
  readonly type: OnnxType;
  /** Numbers, and names of sizes that differ from run to run, or expressions in them: `L+R`. */
  readonly shape: readonly (number | string)[];
}

/** A graph as an ONNX model for other programs. */
export interface ExportedGraph extends EncodedModel {
  readonly inputs: readonly ExportedValue[];
  readonly outputs: readonly ExportedValue[];
}

/** How {@link exportGraph} encodes. */
export interface ExportGraphOptions {
  /** Name of the file beside the model that gets the weights where they are more than 64 MiB together. @defaultValue 'weights.bin' */
  readonly dataFile?: string | undefined;
}

function described({ name, type, shape }: ValueInfo): ExportedValue {
  return { name, type, shape: shape.map((dim) => (typeof dim === 'number' ? dim : dim.key)) };
}

/** Inputs under their own names; an output that is called as an input ends in `.out`. */
function plainNames(lowered: LoweredGraph): Map<string, string> {
  const inputs = new Map(lowered.inputs.map(({ input, value }) => [value, input.name]));
  const taken = new Set(inputs.values());
  const outputs = lowered.outputs.map(({ name }): [string, string] => {
    const plain = name.slice('output:'.length);
    return [name, taken.has(plain) ? `${plain}.out` : plain];
  });
  return new Map([...inputs, ...outputs]);
}

/**
 * A graph and its weights as an ONNX model (opset 20, operators of the standard alone) that any runtime for ONNX loads.
 *
 * @example
 * ```ts
 * const { bytes, external, inputs } = exportGraph(traceImageStage(config), weights);
 * ```
 * @throws {ShapeError} where a weight has another shape or type
 */
export function exportGraph(
  graph: Graph,
  weights: StateDict,
  { dataFile }: ExportGraphOptions = {},
): ExportedGraph {
  const lowered = lowerGraph(graph, weights, { fusedMatmul: false, poolIndices: true, standardOnly: true });
  const names = plainNames(lowered);
  const rename = (values: readonly string[]) => values.map((value) => names.get(value) ?? value);
  const inputs = lowered.inputs.map(({ input, value }) => ({ input, value: names.get(value)! }));
  const outputs = lowered.outputs.map((output) => ({ ...output, name: names.get(output.name)! }));
  const nodes = lowered.nodes.map((node) => ({
    ...node,
    inputs: rename(node.inputs),
    outputs: rename(node.outputs),
  }));
  const model = encodeModel({ ...lowered, nodes, inputs, outputs }, 'file', undefined, dataFile);
  return {
    ...model,
    inputs: inputs.map(({ input, value }) =>
      described({ name: value, type: input.tensor.dtype, shape: input.tensor.shape }),
    ),
    outputs: outputs.map(described),
  };
}
