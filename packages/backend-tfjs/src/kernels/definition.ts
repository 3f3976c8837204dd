import type { Attributes, Dim, DType } from '@crrg/tensor';
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
  readonly attributes: Attributes;
  /** True on WASM, where products of transposed operands and transposed convolutions are many times slower than plain ones. */
  readonly prefersPlainKernels: boolean;
  dim(dim: Dim): number;
}

/** A fresh array and its layout, or another name for an input's memory. */
export type KernelResult = TfTensor | { readonly tensor: TfTensor; readonly layout: Layout } | Value;

/** Computes one operation. Arrays made on the way are freed by the caller's tidy. */
export type Kernel = (context: KernelContext, inputs: readonly Value[]) => KernelResult;

/** A kernel of one operand. */
export function unaryKernel(compute: (x: Value, context: KernelContext) => KernelResult): Kernel {
  return (context, inputs) => compute(inputs[0]!, context);
}
