import type { HostTensor, Node, Tensor } from '@crrg/tensor';
import type { ModelBuilder } from '../model-builder.js';

/** What the engine that will run the model can do. */
export interface LoweringTarget {
  /** The CPU and CUDA providers multiply transposed matrices without a copy. */
  readonly fusedMatmul: boolean;
  /** The WebGPU provider does not give the positions of pooled maxima. */
  readonly poolIndices: boolean;
  /** Bound matrices are multiplied as 8-bit integers. @defaultValue false */
  readonly int8Matmul?: boolean | undefined;
}

/** What a lowering rule works with. */
export interface LoweringContext {
  readonly builder: ModelBuilder;
  readonly target: LoweringTarget;
  /** The ONNX value of a tensor. */
  value(tensor: Tensor): string;
  /** The bound weight that a tensor is; undefined for everything else. */
  weight(tensor: Tensor): HostTensor | undefined;
  /** The values of operands that broadcast against each other, without expanding them first. */
  operands(tensors: readonly Tensor[]): string[];
}

/** Emits one operation; the name of its result. */
export type Lowering = (context: LoweringContext, node: Node) => string;

/** Rules by operation name. */
export type Lowerings = Readonly<Record<string, Lowering>>;

/** An attribute with the type that the contract of the operation gives it. */
export function attribute<T>(node: Node, name: string): T {
  return node.attributes[name] as T;
}
