import type {
  CompositeAttributes,
  CompositeName,
  OperationAttributes,
  OperationName,
  PrimitiveAttributes,
  PrimitiveName,
} from '../attributes.js';
import type { DimBindings, Shape } from '../dim.js';
import type { Tensor } from '../graph.js';
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

/** What a gradient may look at: the node's operands and its result. */
export interface Operands {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/** One primitive, whole: its shape rule, its slow exact evaluation and its gradient stand side by side. */
export interface PrimitiveDefinition<A> {
  /** Result shape and type. @throws ShapeError on inputs that do not fit */
  infer(inputs: readonly Tensor[], attributes: A): Inferred;
  /** Result data in row-major order. */
  evaluate(inputs: readonly ReferenceArray[], attributes: A, context: EvaluationContext): ReferenceData;
  /** One gradient per input, undefined where none flows; absent where the operation is not differentiable. */
  gradient?(ops: Ops, node: Operands, gradient: Tensor, attributes: A): readonly (Tensor | undefined)[];
}

/** One composite: its shape rule, and the same result in primitives, which gives its value and its gradient. */
export interface CompositeDefinition<A> {
  infer(inputs: readonly Tensor[], attributes: A): Inferred;
  decompose(ops: Ops, inputs: readonly Tensor[], attributes: A): Tensor;
}

/** Either of them. */
export type OperationDefinition<A> = Pick<PrimitiveDefinition<A>, 'infer'> &
  Partial<PrimitiveDefinition<A> & CompositeDefinition<A>>;

export type Primitives = {
  readonly [Op in PrimitiveName]: PrimitiveDefinition<PrimitiveAttributes[Op]>;
};
export type Composites = {
  readonly [Op in CompositeName]: CompositeDefinition<CompositeAttributes[Op]>;
};
export type Operations = {
  readonly [Op in OperationName]: OperationDefinition<OperationAttributes[Op]>;
};
