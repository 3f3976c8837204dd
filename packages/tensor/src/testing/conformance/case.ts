import type { Tensor } from '../../graph.js';
import type { DType } from '../../host-tensor.js';
import type { Ops } from '../../operations.js';
import type { InputSpec } from '../../trace.js';

/** One check of one operation: a small computation of named inputs. */
export interface ConformanceCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec & { readonly range?: readonly [number, number] }>>;
  readonly build: (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Tensor;
  /** Sizes for symbolic dimensions. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Whether to check gradients of the float32 inputs. @defaultValue true */
  readonly differentiable?: boolean;
}

export type CaseShape = readonly (number | string)[];
export type Range = readonly [number, number];

/** Float32 numbers of a range. */
export const f = (shape: CaseShape, range: Range = [-2, 2]) => ({ shape, range });
/** Whole numbers from the first to before the second. */
export const i = (shape: CaseShape, range: Range) => ({ shape, range, dtype: 'int32' as DType });
/** Truth values. */
export const b = (shape: CaseShape) => ({ shape, dtype: 'bool' as DType });
