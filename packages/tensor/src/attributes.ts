import type { Dim, Shape } from './dim.js';
import type { DType, HostTensor } from './host-tensor.js';

/** Of an operation without settings. */
export type NoAttributes = Readonly<Record<string, never>>;

/** One axis, counted from the start. */
export interface AxisAttributes {
  readonly axis: number;
}

export interface ShapeAttributes {
  readonly shape: Shape;
}

/** Spatial settings over `[B, C, H, W]`, rows before columns. */
export interface ConvolutionAttributes {
  readonly strides: readonly [number, number];
  /** `[top, left, bottom, right]`. */
  readonly padding: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

export interface TransposedConvolutionAttributes extends ConvolutionAttributes {
  /** Height and width of the result. */
  readonly size: readonly [number, number];
}

export interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** `[top, left, bottom, right]`; never wins a maximum. */
  readonly padding: readonly [number, number, number, number];
}

/** Axes are counted from the start and never none. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** One entry per axis that is cut; positions are counted from the start and within the axis. */
export interface SliceAttributes {
  readonly axes: readonly number[];
  readonly starts: readonly Dim[];
  readonly ends: readonly Dim[];
  readonly steps: readonly number[];
}

export interface PadAttributes {
  /** `[before, after]` of every axis. */
  readonly padding: readonly (readonly [number, number])[];
  readonly value: number;
}

export interface EpsilonAttributes {
  readonly epsilon: number;
}

/**
 * The settings of every primitive by its name: the one table from which the builder, the shape rules, the reference, the gradients and the
 * backends take their types. A name that is added here has to be defined in `ops/`, and every backend has to have a rule for it, before
 * anything compiles.
 */
export interface PrimitiveAttributes {
  readonly constant: { readonly value: HostTensor };
  readonly iota: { readonly length: Dim };
  readonly uniform: ShapeAttributes;
  readonly neg: NoAttributes;
  readonly exp: NoAttributes;
  readonly log: NoAttributes;
  readonly sqrt: NoAttributes;
  readonly tanh: NoAttributes;
  readonly erf: NoAttributes;
  readonly sigmoid: NoAttributes;
  readonly relu: NoAttributes;
  readonly abs: NoAttributes;
  readonly sign: NoAttributes;
  readonly add: NoAttributes;
  readonly sub: NoAttributes;
  readonly mul: NoAttributes;
  readonly div: NoAttributes;
  readonly maximum: NoAttributes;
  readonly minimum: NoAttributes;
  readonly equal: NoAttributes;
  readonly less: NoAttributes;
  readonly and: NoAttributes;
  readonly or: NoAttributes;
  readonly not: NoAttributes;
  readonly where: NoAttributes;
  readonly cast: { readonly dtype: DType };
  readonly stopGradient: NoAttributes;
  readonly sum: ReduceAttributes;
  readonly max: ReduceAttributes;
  readonly argMax: AxisAttributes;
  readonly softmax: AxisAttributes;
  readonly logSoftmax: AxisAttributes;
  readonly matmul: MatmulAttributes;
  readonly conv2d: ConvolutionAttributes;
  readonly conv2dTranspose: TransposedConvolutionAttributes;
  readonly maxPool2d: PoolAttributes;
  readonly maxPool2dGradient: PoolAttributes;
  readonly reshape: ShapeAttributes;
  readonly transpose: { readonly permutation: readonly number[] };
  readonly broadcastTo: ShapeAttributes;
  readonly concat: AxisAttributes;
  readonly slice: SliceAttributes;
  readonly pad: PadAttributes;
  readonly gather: AxisAttributes;
  readonly gatherElements: AxisAttributes;
  readonly scatterAddElements: AxisAttributes & { readonly length: Dim };
  readonly topKIndices: { readonly k: number };
}

export interface AttentionAttributes {
  /** Divides the width of the queries. */
  readonly numHeads: number;
  /** Multiplies products of queries and keys. */
  readonly scale: number;
}

/** The same for operations that are written in primitives where a backend has no kernel. */
export interface CompositeAttributes {
  readonly layerNorm: EpsilonAttributes;
  readonly batchNorm: EpsilonAttributes;
  readonly geluTanh: NoAttributes;
  readonly gelu: NoAttributes;
  readonly attention: AttentionAttributes;
}

export type OperationAttributes = PrimitiveAttributes & CompositeAttributes;
export type PrimitiveName = keyof PrimitiveAttributes;
export type CompositeName = keyof CompositeAttributes;
export type OperationName = PrimitiveName | CompositeName;
