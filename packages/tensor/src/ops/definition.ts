import type { DimBindings, Shape } from '../dim.js';
import type { Attributes, Node, Tensor } from '../graph.js';
import type { DType } from '../host-tensor.js';
import type { Ops } from '../operations.js';

/** Data of the reference interpreter: float32 values are kept in float64. */
export interface ReferenceArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ReferenceData;
}

export type ReferenceData = Float64Array | Int32Array | Uint8Array;

/** What an evaluation rule may look at besides its inputs. */
export interface EvaluationContext {
  /** Shape of the result in this run. */
  readonly shape: readonly number[];
  readonly bindings: DimBindings;
}

/** Shape and type of an operation's result. */
export interface Inferred {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * One operation, whole: its shape rule, its slow exact evaluation and its gradient stand side by side.
 * Composites have `decompose` instead of `evaluate` and `gradient`.
 */
export interface OperationDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /** Result shape and type. @throws ShapeError on inputs that do not fit */
  infer(inputs: readonly Tensor[], attributes: A): Inferred;
  /** Result data in row-major order. */
  evaluate?(inputs: readonly ReferenceArray[], attributes: A, context: EvaluationContext): ReferenceData;
  /** One gradient per input, undefined where none flows; absent where the operation is not differentiable. */
  gradient?(ops: Ops, node: Node, gradient: Tensor, attributes: A): readonly (Tensor | undefined)[];
  /** The same result in other operations. */
  decompose?(ops: Ops, inputs: readonly Tensor[], attributes: A): Tensor;
}

/** Keeps the attribute type while defining, forgets it in the registry. */
export function define<A extends Attributes = Attributes>(
  definition: OperationDefinition<A>,
): OperationDefinition {
  return definition as unknown as OperationDefinition;
}
