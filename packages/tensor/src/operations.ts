import type {
  ConvolutionAttributes,
  PoolAttributes,
  ReduceAttributes,
  SliceAttributes,
} from './attributes.js';
import type { Dim, Shape } from './dim.js';
import type { Tensor } from './graph.js';
import type { DType, HostTensor } from './host-tensor.js';

/** A tensor, or a number that becomes a scalar of the other operand's type. */
export type Operand = Tensor | number;

/** Spatial settings of a convolution over `[B, C, H, W]`. Padding is `[top, left, bottom, right]`. */
export interface Conv2dOptions {
  /** @defaultValue [1, 1] */ readonly strides?: ConvolutionAttributes['strides'] | undefined;
  /** @defaultValue [0, 0, 0, 0] */ readonly padding?: ConvolutionAttributes['padding'] | undefined;
  /** @defaultValue [1, 1] */ readonly dilations?: ConvolutionAttributes['dilations'] | undefined;
}

/** Settings of a pooling window; padding never wins a maximum. */
export interface Pool2dOptions extends Omit<PoolAttributes, 'padding'> {
  /** @defaultValue [0, 0, 0, 0] */ readonly padding?: PoolAttributes['padding'] | undefined;
}

/** Reduction over axes (negative counts from the end). */
export interface ReduceOptions {
  /** @defaultValue all */ readonly axes?: ReduceAttributes['axes'] | undefined;
  /** @defaultValue false */ readonly keepDims?: ReduceAttributes['keepDims'] | undefined;
}

/** Which operand of a matrix product to read with its last two axes swapped. */
export interface MatmulOptions {
  /** @defaultValue false */ readonly transposeA?: boolean | undefined;
  /** @defaultValue false */ readonly transposeB?: boolean | undefined;
}

/** Part of a tensor: per axis start, end (exclusive; negative counts from the end, omitted axes are whole) and positive step. */
export interface SliceOptions extends Omit<SliceAttributes, 'steps'> {
  /** @defaultValue all 1 */ readonly steps?: SliceAttributes['steps'] | undefined;
}

/** Keys and values `[B, H, L, E]` of {@link Ops.attention}. */
export interface AttentionBlock {
  readonly key: Tensor;
  readonly value: Tensor;
}

/**
 * What a forward function may compute with: every call records one node (or, for composites, one node that a backend may
 * fuse or expand). Logical layout is NCHW with OIHW kernels, `[.., rows, columns]` for matrices; row-major, torch semantics.
 * Binary operations broadcast as numpy does.
 */
export interface Ops {
  // Literals
  constant(value: HostTensor): Tensor;
  scalar(value: number, dtype?: DType): Tensor;
  /** 0 .. length-1 as int32 `[length]`. */
  iota(length: Dim): Tensor;
  /**
   * Uniform float32 numbers in [0, 1) of 24 bits: the first of `createRandom(seed)`, row by row. `seed` is an int32 scalar; the same seed
   * gives the same numbers on every backend.
   */
  uniform(seed: Tensor, shape: Shape): Tensor;
  // Elementwise, float32
  neg(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  erf(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  abs(x: Tensor): Tensor;
  sign(x: Tensor): Tensor;
  // Elementwise, two operands of one type
  add(a: Operand, b: Operand): Tensor;
  sub(a: Operand, b: Operand): Tensor;
  mul(a: Operand, b: Operand): Tensor;
  div(a: Operand, b: Operand): Tensor;
  maximum(a: Operand, b: Operand): Tensor;
  minimum(a: Operand, b: Operand): Tensor;
  // Comparisons and logic, bool
  equal(a: Operand, b: Operand): Tensor;
  less(a: Operand, b: Operand): Tensor;
  not(x: Tensor): Tensor;
  and(a: Tensor, b: Tensor): Tensor;
  or(a: Tensor, b: Tensor): Tensor;
  where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor;
  cast(x: Tensor, dtype: DType): Tensor;
  // Reductions
  sum(x: Tensor, options?: ReduceOptions): Tensor;
  max(x: Tensor, options?: ReduceOptions): Tensor;
  /** Index of the first largest value along an axis, int32, axis removed. */
  argMax(x: Tensor, axis: number): Tensor;
  softmax(x: Tensor, axis: number): Tensor;
  logSoftmax(x: Tensor, axis: number): Tensor;
  // Linear algebra
  /** `[.., M, K] x [.., K, N]`, leading axes broadcast. */
  matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor;
  /** `x [B, C, H, W]`, `w [O, C, kh, kw]`. */
  conv2d(x: Tensor, w: Tensor, options?: Conv2dOptions): Tensor;
  /** Gradient of {@link Ops.conv2d} with respect to an input of spatial size `size`: `y [B, O, h, w]`, `w [O, C, kh, kw]` to `[B, C, H, W]`. */
  conv2dTranspose(y: Tensor, w: Tensor, size: readonly [number, number], options?: Conv2dOptions): Tensor;
  maxPool2d(x: Tensor, options: Pool2dOptions): Tensor;
  /** Routes `gradient` to the first largest element of each window of `x`. */
  maxPool2dGradient(x: Tensor, gradient: Tensor, options: Pool2dOptions): Tensor;
  // Shape
  reshape(x: Tensor, shape: Shape): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  broadcastTo(x: Tensor, shape: Shape): Tensor;
  concat(xs: readonly Tensor[], axis: number): Tensor;
  slice(x: Tensor, options: SliceOptions): Tensor;
  /** Constant padding: `[before, after]` per axis. */
  pad(x: Tensor, padding: readonly (readonly [number, number])[], value?: number): Tensor;
  // Indexing (int32 indices in range)
  /** Whole slices of `x` along `axis`: shape `x[:axis] + indices.shape + x[axis+1:]`. */
  gather(x: Tensor, indices: Tensor, axis: number): Tensor;
  /** One element per index: `out[i][j] = x[indices[i][j]][j]` for axis 0; `indices` has `x`'s rank, and its size on other axes. */
  gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor;
  /** Inverse of {@link Ops.gatherElements}: adds `updates` at `indices` of a zero tensor whose `axis` has `length`. */
  scatterAddElements(indices: Tensor, updates: Tensor, axis: number, length: Dim): Tensor;
  /** Positions of the `k` largest values of the last axis, largest first, ties by lower index, int32. */
  topKIndices(x: Tensor, k: number): Tensor;
  // Composites: one node each, expanded into the above where a backend has no kernel
  /** Over the last axis, with scale and shift `[C]`. */
  layerNorm(x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor;
  /** `(x - mean) / sqrt(variance + epsilon) * scale + shift` per channel of `[B, C, H, W]`, with given statistics. */
  batchNorm(x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, epsilon: number): Tensor;
  /** GELU with the tanh approximation (`gelu_new`). */
  geluTanh(x: Tensor): Tensor;
  /** Exact GELU. */
  gelu(x: Tensor): Tensor;
  /**
   * Attention over keys and values in blocks that are not joined for it: `query [B, T, D]`, keys and values `[B, H, L, E]` of each block with
   * `D = H * E`, and `bias [B or 1, 1, T, sum of all L]`, which is added to the scores before the softmax. `[B, T, D]`, heads side by side.
   */
  attention(query: Tensor, blocks: readonly AttentionBlock[], bias: Tensor, scale: number): Tensor;
  // Sugar over the above, recorded as primitives
  mean(x: Tensor, options?: ReduceOptions): Tensor;
  square(x: Tensor): Tensor;
  zeros(shape: Shape, dtype?: DType): Tensor;
  /** Passes the value, stops the gradient. */
  stopGradient(x: Tensor): Tensor;
}
