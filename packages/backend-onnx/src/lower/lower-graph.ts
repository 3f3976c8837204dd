import { BackendError } from '@crrg/core';
import {
  bindWeights,
  expandComposites,
  isOperation,
  reshapeTensor,
  shapesEqual,
  type Graph,
  type GraphInput,
  type HostTensor,
  type Node,
  type NodeOf,
  type OperationNode,
  type StateDict,
  type Tensor,
  type WeightDType,
} from '@crrg/tensor';
import { ModelBuilder } from '../model-builder.js';
import type { OnnxNode, ValueInfo } from '../proto/onnx.js';
import type {
  BoundWeight,
  LoweredName,
  LoweringContext,
  Lowerings,
  LoweringTarget,
  TargetLowerings,
} from './context.js';
import { elementwise } from './elementwise.js';
import { gathers } from './gather.js';
import { expand, layout } from './layout.js';
import { linear } from './linear.js';
import { plainWeight, type ModelWeight } from './model-weight.js';
import { pooling } from './pool.js';
import { randomness } from './random.js';
import { reductions } from './reduce.js';
import { plainView, reshapeView, transposeView } from './weight-view.js';
import { webgpuLowerings } from './webgpu.js';

/** A graph in ONNX terms. Weights are apart: their data is large and belongs to the caller. */
export interface LoweredGraph {
  readonly builder: ModelBuilder;
  readonly nodes: readonly OnnxNode[];
  readonly weights: ReadonlyMap<string, ModelWeight>;
  /** Inputs of each run with their names in the model. */
  readonly inputs: readonly { readonly input: GraphInput; readonly value: string }[];
  readonly outputs: readonly ValueInfo[];
  /** Results of nodes whose shape is known and that are no outputs. */
  readonly between: readonly ValueInfo[];
}

const LOWERINGS: Lowerings = {
  ...elementwise,
  ...reductions,
  ...layout,
  ...gathers,
  ...linear,
  ...pooling,
  ...randomness,
};

type LoweredNode = Extract<OperationNode, { readonly op: LoweredName }>;

function lowerings({ webgpu }: LoweringTarget): TargetLowerings {
  return webgpu ? { ...LOWERINGS, ...webgpuLowerings } : LOWERINGS;
}

/** @throws {BackendError} for an operation without a rule */
function requireLowering(node: OperationNode, rules: TargetLowerings): asserts node is LoweredNode {
  if (Object.hasOwn(rules, node.op)) return;
  throw new BackendError(
    `backend-onnx.compile: expected a known operation, got "${node.op}"; use matching versions of @crrg/tensor and @crrg/backend-onnx.`,
  );
}

function emit<Op extends LoweredName>(
  context: LoweringContext,
  node: NodeOf<Op>,
  rules: TargetLowerings,
): string {
  return rules[node.op]!(context, node);
}

/** A transposition or reshape of a bound weight, not computed yet. */
interface WeightedView {
  readonly node: NodeOf<'transpose'> | NodeOf<'reshape'>;
  readonly bound: BoundWeight;
}

/** Translates the nodes of one graph. */
class GraphLowering implements LoweringContext {
  readonly builder = new ModelBuilder();
  readonly byTheWay: LoweringContext['byTheWay'] = new Map();
  private readonly made = new Map<string, ModelWeight>();
  private readonly weights = new Map<string, HostTensor>();
  private readonly parameterNames = new Map<string, string>();
  private readonly values = new Map<number, string>();
  private readonly views = new Map<number, WeightedView>();
  private readonly broadcasts = new Map<number, NodeOf<'broadcastTo'>>();
  private readonly usersById = new Map<number, readonly Node[]>();
  private readonly results: ReadonlySet<number>;

  constructor(
    readonly target: LoweringTarget,
    private readonly rules: TargetLowerings,
    { nodes, outputs }: Graph,
  ) {
    this.results = new Set(Object.values(outputs).map(({ id }) => id));
    for (const node of nodes)
      for (const { id } of node.inputs) this.usersById.set(id, [...(this.usersById.get(id) ?? []), node]);
  }

  /** An input of each run; its name in the model. */
  addInput({ name, tensor, kind }: GraphInput): string {
    const value = `${kind}:${name}`;
    this.values.set(tensor.id, value);
    this.builder.readSizesFrom(value, tensor.shape);
    return value;
  }

  addWeight({ name, tensor }: GraphInput, weight: HostTensor): void {
    const value = `weight:${name}`;
    this.values.set(tensor.id, value);
    this.weights.set(value, weight);
    this.parameterNames.set(value, name);
  }

  lower(node: Node): void {
    if (!isOperation(node)) return;
    if (node.op === 'broadcastTo') {
      this.broadcasts.set(node.output.id, node);
      return;
    }
    if (this.viewWeight(node) || (node.op === 'reshape' && this.reshapeWeight(node))) return;
    requireLowering(node, this.rules);
    this.setValue(node.output, emit(this, node, this.rules));
  }

  private setValue({ id, dtype, shape }: Tensor, value: string): string {
    this.values.set(id, value);
    this.builder.tellShape(value, dtype, shape);
    return value;
  }

  /** A weight in another shape is another weight over the same data: left to the engine, it would be folded into a slow, second copy. */
  private reshapeWeight(node: NodeOf<'reshape'>): boolean {
    const source = this.values.get(node.inputs[0]!.id);
    const weight = source === undefined ? undefined : this.weights.get(source);
    const { shape } = node.output;
    if (!weight || !shape.every((dim) => typeof dim === 'number')) return false;
    const value = `${source} as [${shape.join()}]`;
    this.values.set(node.output.id, value);
    this.weights.set(value, reshapeTensor(weight, shape));
    this.parameterNames.set(value, this.parameterNames.get(source!)!);
    return true;
  }

  /** How the weight of that name in the model is kept. */
  private dtypeOf(value: string): WeightDType {
    const { weightDType: choice = 'fp32' } = this.target;
    return typeof choice === 'function' ? choice(this.parameterNames.get(value)!) : choice;
  }

  /** A quantised matrix is made of a weight as it is seen; only where something else reads the view too, it is computed. */
  private viewWeight(node: OperationNode): boolean {
    if (node.op !== 'transpose' && node.op !== 'reshape') return false;
    const source = this.weight(node.inputs[0]!);
    const { shape } = node.output;
    if (!source || source.dtype === 'fp32' || !shape.every((dim) => typeof dim === 'number')) return false;
    const view =
      node.op === 'transpose'
        ? transposeView(source.view, node.attributes.permutation)
        : reshapeView(source.view, shape);
    if (view) this.views.set(node.output.id, { node, bound: { ...source, view } });
    return view !== undefined;
  }

  value = (tensor: Tensor): string => {
    const known = this.values.get(tensor.id);
    if (known !== undefined) return known;
    const seen = this.views.get(tensor.id);
    if (seen) {
      if (seen.node.op === 'reshape' && this.reshapeWeight(seen.node)) return this.values.get(tensor.id)!;
      return this.setValue(tensor, emit(this, seen.node, this.rules));
    }
    const node = this.broadcasts.get(tensor.id);
    if (!node)
      throw new BackendError(
        `backend-onnx.compile: value ${tensor.id} is used before it is computed; trace the graph again.`,
      );
    const source = node.inputs[0]!;
    return this.setValue(tensor, expand(this.builder, this.value(source), source.shape, tensor.shape));
  };

  users = (tensor: Tensor): readonly Node[] => this.usersById.get(tensor.id) ?? [];
  isResult = (tensor: Tensor): boolean => this.results.has(tensor.id);

  addMade = (weight: ModelWeight): string => {
    const name = `made:${this.made.size}`;
    this.made.set(name, weight);
    return name;
  };

  /** All constants that nodes use. */
  weightsOf(nodes: readonly OnnxNode[]): Map<string, ModelWeight> {
    const used = new Set(nodes.flatMap((node) => node.inputs));
    const plain = [...this.weights].map(([name, weight]) => [name, plainWeight(weight)] as const);
    return new Map([...plain, ...this.made].filter(([name]) => used.has(name)));
  }

  weight = (tensor: Tensor): BoundWeight | undefined => {
    const seen = this.views.get(tensor.id);
    if (seen) return seen.bound;
    const value = this.values.get(tensor.id) ?? '';
    const weight = this.weights.get(value);
    return weight && { weight, dtype: this.dtypeOf(value), view: plainView(weight.shape) };
  };

  /** A broadcast operand need not be expanded where another operand has the whole shape. */
  operands = (tensors: readonly Tensor[]): string[] => {
    const whole = tensors.filter((tensor) => !this.isPendingBroadcast(tensor));
    return tensors.map((tensor) =>
      this.isPendingBroadcast(tensor) && whole.some((other) => shapesEqual(other.shape, tensor.shape))
        ? this.value(this.broadcasts.get(tensor.id)!.inputs[0]!)
        : this.value(tensor),
    );
  };

  private isPendingBroadcast(tensor: Tensor): boolean {
    return this.broadcasts.has(tensor.id) && !this.values.has(tensor.id);
  }
}

/** Gives every output its own name: the producing node's result is renamed, or copied where it cannot be. */
function nameOutputs(
  lowering: GraphLowering,
  graph: Graph,
): Pick<LoweredGraph, 'nodes' | 'outputs' | 'between'> {
  const { builder } = lowering;
  const results = Object.entries(graph.outputs).map(([name, tensor]) => ({
    name: `output:${name}`,
    tensor,
    value: lowering.value(tensor),
  }));
  const free = new Set(builder.nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  for (const { name, value } of results)
    renamed.set(free.delete(value) ? value : builder.node('Identity', [value]), name);
  const outputs = results.map(({ name, tensor }): ValueInfo => ({
    name,
    type: tensor.dtype,
    shape: tensor.shape,
  }));
  const rename = (names: readonly string[]) => names.map((name) => renamed.get(name) ?? name);
  return {
    nodes: builder.nodes.map((node) => ({
      ...node,
      inputs: rename(node.inputs),
      outputs: rename(node.outputs),
    })),
    outputs,
    between: [...builder.shapes.values()].filter(({ name }) => free.has(name)),
  };
}

/**
 * A graph as ONNX nodes. Parameters that have weights become weights, others stay inputs.
 * @throws {ShapeError} where a weight has another shape or type
 */
export function lowerGraph(
  graph: Graph,
  stateDict: StateDict | undefined,
  target: LoweringTarget,
): LoweredGraph {
  const rules = lowerings(target);
  const expanded = expandComposites(graph, (op) => op === 'broadcastTo' || Object.hasOwn(rules, op));
  const lowering = new GraphLowering(target, rules, expanded);
  const { bound, open } = bindWeights(expanded.inputs, stateDict, 'backend-onnx.compile');
  for (const { input, weight } of bound) lowering.addWeight(input, weight);
  const inputs = open.map((input) => ({ input, value: lowering.addInput(input) }));
  for (const node of expanded.nodes) lowering.lower(node);
  const named = nameOutputs(lowering, expanded);
  const weights = lowering.weightsOf(named.nodes);
  return { builder: lowering.builder, weights, inputs, ...named };
}
