import type {
  HostTensor,
  Node,
  NodeOf,
  PrimitiveName,
  Tensor,
  WeightDType,
  WeightDTypeChoice,
} from '@crrg/tensor';
import type { ModelBuilder } from '../model-builder.js';
import type { ModelWeight } from './model-weight.js';
import type { WeightView } from './weight-view.js';

/** What the engine that will run the model can do. */
export interface LoweringTarget {
  /** The CPU and CUDA providers multiply transposed matrices without a copy. */
  readonly fusedMatmul: boolean;
  /** The WebGPU provider does not give the positions of pooled maxima. */
  readonly poolIndices: boolean;
  /** The WebGPU provider runs the model: what it has no kernel for is put together from what it has. @defaultValue false */
  readonly webgpu?: boolean | undefined;
  /** The CPU provider reverses axes element by element on one thread: slower than a product where kernels are large. */
  readonly slowReversal?: boolean | undefined;
  /** How bound matrices are kept. @defaultValue 'fp32' */
  readonly weightDType?: WeightDTypeChoice | undefined;
  /** Products with bound matrices have few rows. @defaultValue false */
  readonly fewRows?: boolean | undefined;
  /** Only operators of the ONNX standard. @defaultValue false: also those of ONNX Runtime */
  readonly standardOnly?: boolean | undefined;
}

/** A weight of the model. */
export interface BoundWeight {
  readonly weight: HostTensor;
  /** How it is kept where it is a matrix of a product. */
  readonly dtype: WeightDType;
  /** How its elements are seen. */
  readonly view: WeightView;
}

/** What a lowering rule works with. */
export interface LoweringContext {
  readonly builder: ModelBuilder;
  readonly target: LoweringTarget;
  /** The ONNX value of a tensor. */
  value(tensor: Tensor): string;
  /** The bound weight that a tensor is, or is a view of; undefined for everything else. */
  weight(tensor: Tensor): BoundWeight | undefined;
  /** Adds a constant that is made of a weight; its name in the model. */
  addMade(weight: ModelWeight): string;
  /** The values of operands that broadcast against each other, without expanding them first. */
  operands(tensors: readonly Tensor[]): string[];
  /** The nodes that take a tensor, in the order in which they are lowered. */
  users(tensor: Tensor): readonly Node[];
  /** True where a tensor is a result of the graph. */
  isResult(tensor: Tensor): boolean;
  /** Values that a rule came by and that spare another rule work, by what they are and the id of a tensor. */
  readonly byTheWay: Map<`${'largest' | 'normalized' | 'bias' | 'piece'} of ${number}`, string>;
}

/** Emits one operation; the name of its result. */
export type Lowering<Op extends LoweredName> = (context: LoweringContext, node: NodeOf<Op>) => string;

/** Composites that ONNX Runtime has an operator for on every target; others are expanded. */
type FusedName = 'layerNorm' | 'batchNorm' | 'gelu' | 'geluTanh';

/** Operations with a rule on every target: every primitive but broadcasts, which their users expand where they must. */
type GeneralName = Exclude<PrimitiveName, 'broadcastTo'> | FusedName;

/** Operations that a target may have a rule for. */
export type LoweredName = GeneralName | 'attention';

/** A rule for each operation that has one on every target. */
export type Lowerings = { readonly [Op in GeneralName]: Lowering<Op> };

/** The rules of a target: those that all have, and its own. */
export type TargetLowerings = { readonly [Op in LoweredName]?: Lowering<Op> };
