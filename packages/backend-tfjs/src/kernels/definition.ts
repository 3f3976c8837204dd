import type { Dim, DType, OperationAttributes, PrimitiveName } from '@crrg/tensor';
import type { Layout } from '../layout.js';
import type { Tf, TfTensor } from '../tf.js';
import type { LiveCount, Value } from '../value.js';

/** What a kernel may look at besides its inputs. */
export interface KernelContext {
  readonly tf: Tf;
  /** Counts the run's arrays. */
  readonly live: LiveCount;
  /** Shape of the result in this run. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** True on WASM, where products of transposed operands and transposed convolutions are many times slower than plain ones. */
  readonly prefersPlainKernels: boolean;
  /** False on TensorFlow's native library, whose pooling refuses a border of the caller's choice. */
  readonly padsPools: boolean;
  dim(dim: Dim): number;
}

/** A fresh array and its layout, or another name for an input's memory. */
export type KernelResult = TfTensor | { readonly tensor: TfTensor; readonly layout: Layout } | Value;

/** Computes with given settings. Arrays made on the way are freed by the caller's tidy. */
export type KernelFor<A> = (context: KernelContext, inputs: readonly Value[], attributes: A) => KernelResult;

/** Computes one operation. */
export type Kernel<Op extends KernelName> = KernelFor<OperationAttributes[Op]>;

/** Operations with a kernel: every primitive but literals, and the composites that TensorFlow.js has one for; others are expanded. */
export type KernelName = Exclude<PrimitiveName, 'constant'> | 'batchNorm';

/** A kernel for each of them. */
export type Kernels = { readonly [Op in KernelName]: Kernel<Op> };

/** A kernel of one operand. */
export function unaryKernel<A>(
  compute: (x: Value, context: KernelContext, attributes: A) => KernelResult,
): KernelFor<A> {
  return (context, inputs, attributes) => compute(inputs[0]!, context, attributes);
}
