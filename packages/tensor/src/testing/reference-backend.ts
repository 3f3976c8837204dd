import { BackendError, DisposedError } from '@crrg/core';
import type { OperationName } from '../attributes.js';
import {
  requireFloat32Weights,
  type Backend,
  type BackendTensor,
  type CompileOptions,
  type Executable,
  type RunInput,
} from '../backend.js';
import { bindWeights, checkInputs } from '../check-inputs.js';
import { evaluateDim, type DimBindings } from '../dim.js';
import { bindDims, isOperation, type Graph, type NodeOf } from '../graph.js';
import { hostTensor, type HostTensor } from '../host-tensor.js';
import type { ReferenceArray } from '../ops/definition.js';
import { operationOf } from '../registry.js';
import { expandComposites } from '../trace.js';

/** A value of the reference interpreter; `exact` keeps float32 values in float64. */
export interface ReferenceTensor extends BackendTensor {
  /** @throws {DisposedError} after dispose */
  readonly exact: ReferenceArray;
  /** The backend, to tell own tensors from others'. */
  readonly owner: object;
}

/** A host tensor, or exact float64 data where a test needs finite differences. */
export type ReferenceInput = RunInput | ReferenceArray;

function toExact(value: ReferenceInput, owner?: object): ReferenceArray {
  if ('exact' in value && 'owner' in value && value.owner === owner) return value.exact as ReferenceArray;
  if ('read' in value)
    throw new BackendError(
      'reference: expected a host tensor or a value of this backend, got one of another; read it first.',
    );
  const data = value.data instanceof Float32Array ? Float64Array.from(value.data) : value.data.slice();
  return { dtype: value.dtype, shape: [...value.shape], data };
}

function toHost({ dtype, shape, data }: ReferenceArray): HostTensor {
  return hostTensor(dtype, shape, data instanceof Float64Array ? Float32Array.from(data) : data.slice());
}

/** Evaluates one node. */
function evaluateNode<Op extends OperationName>(
  node: NodeOf<Op>,
  values: ReadonlyMap<number, ReferenceArray>,
  bindings: DimBindings,
): ReferenceArray {
  const { evaluate } = operationOf(node.op);
  if (!evaluate) throw new BackendError(`reference: "${node.op}" is a composite; expand it first.`);
  const shape = node.output.shape.map((dim) => evaluateDim(dim, bindings));
  const inputs = node.inputs.map((x) => values.get(x.id)!);
  return { dtype: node.output.dtype, shape, data: evaluate(inputs, node.attributes, { shape, bindings }) };
}

/** All outputs of a graph in float64, from float64 inputs. Composites are expanded. */
export function interpret(
  graph: Graph,
  inputs: Readonly<Record<string, ReferenceArray>>,
): Record<string, ReferenceArray> {
  const bindings = bindDims(
    graph.inputs,
    new Map(Object.entries(inputs).map(([name, x]) => [name, x.shape])),
  );
  const values = new Map(graph.inputs.map(({ name, tensor }) => [tensor.id, inputs[name]!]));
  for (const node of graph.nodes)
    if (isOperation(node)) values.set(node.output.id, evaluateNode(node, values, bindings));
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, x]) => [name, values.get(x.id)!]));
}

/**
 * The slow, exact backend: plain loops in float64. It defines what every operation means; other backends are tested against it.
 *
 * @example
 * ```ts
 * const backend = createReferenceBackend();
 * const executable = await backend.compile(graph);
 * const { y } = await runToHost(executable, { x: float32([2], [1, 2]) });
 * ```
 */
export function createReferenceBackend(): Backend {
  let live = 0;
  let disposed = false;

  const owner = {};

  const wrap = (array: ReferenceArray): ReferenceTensor => {
    live++;
    let released = false;
    return {
      owner,
      dtype: array.dtype,
      shape: array.shape,
      get exact() {
        if (released) throw new DisposedError('reference tensor');
        return array;
      },
      async read() {
        return toHost(this.exact);
      },
      dispose() {
        if (!released) live--;
        released = true;
      },
    };
  };

  const overwritten = (place: RunInput | undefined, { data }: ReferenceArray) => {
    if (!place) return undefined;
    if ('data' in place) return void place.data.set(data);
    toExact(place, owner).data.set(data);
    return place;
  };

  const compile = (graph: Graph, { weights, name = 'graph' }: CompileOptions): Executable => {
    const expanded = expandComposites(graph, () => false);
    const { bound, open } = bindWeights(expanded.inputs, weights, `reference.compile (${name})`);
    const constants = bound.map(({ input, weight }) => [input.name, toExact(weight)] as const);
    let closed = false;
    return {
      graph,
      async run(inputs, { into = {} } = {}) {
        if (closed || disposed) throw new DisposedError('reference executable');
        checkInputs(open, inputs, `reference.run (${name})`);
        const given = Object.entries(inputs).map(([input, value]) => [input, toExact(value, owner)] as const);
        const results = interpret(expanded, Object.fromEntries([...constants, ...given]));
        return Object.fromEntries(
          Object.entries(results).map(([output, x]) => [
            output,
            overwritten(Object.hasOwn(into, output) ? into[output] : undefined, x) ?? wrap(x),
          ]),
        );
      },
      dispose: () => {
        closed = true;
      },
    };
  };

  return {
    name: 'reference',
    versions: {},
    reusesMemory: true,
    async compile(graph, options = {}) {
      if (disposed) throw new DisposedError('reference backend');
      options.signal?.throwIfAborted();
      requireFloat32Weights(options, 'reference.compile');
      return compile(graph, options);
    },
    liveTensors: () => live,
    dispose: () => {
      disposed = true;
    },
  };
}
