import { BackendError } from '@crrg/core';
import { dimsEqual, type Dim, type DType, type HostTensor, type Shape } from '@crrg/tensor';
import type { Attribute, OnnxNode, OnnxType, TensorLiteral, ValueInfo } from './proto/onnx.js';

/** A view of the bytes of a typed array. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function int64Bytes(values: readonly number[]): Uint8Array {
  return bytesOf(BigInt64Array.from(values, BigInt));
}

/** What makes one ONNX node. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: 'com.microsoft';
  /** Number of results. @defaultValue 1 */
  readonly outputs?: number;
}

/**
 * Collects nodes and literals of an ONNX graph. Values are names; small literals and run-time sizes are made once.
 * Sizes at run time are int64 vectors of one element, computed from the shapes of the graph's inputs.
 */
export class ModelBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly literals = new Map<string, TensorLiteral>();
  /** What {@link tellShape} was told, by value. */
  readonly shapes = new Map<string, ValueInfo>();
  private readonly cache = new Map<string, string>();
  private readonly sizeSources = new Map<string, { value: string; axis: number }>();
  private counter = 0;

  /** Adds a node; its first result. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.multi(op, inputs, options)[0]!;
  }

  /** Adds a node; all its results. */
  multi(
    op: string,
    inputs: readonly string[],
    { attributes = {}, domain, outputs = 1 }: NodeOptions,
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.fresh());
    this.nodes.push({ op, domain: domain ?? '', inputs, outputs: names, attributes });
    return names;
  }

  /** A literal. */
  literal(type: OnnxType, dims: readonly number[], bytes: Uint8Array): string {
    if (bytes.length > 1024) return this.addLiteral(type, dims, bytes);
    return this.once(`${type}[${dims.join()}]${bytes.join()}`, () => this.addLiteral(type, dims, bytes));
  }

  /** A literal of host data. */
  constant({ dtype, shape, data }: HostTensor): string {
    return this.literal(dtype, shape, bytesOf(data));
  }

  /** A scalar literal. */
  scalar(dtype: DType, value: number): string {
    const data =
      dtype === 'float32'
        ? Float32Array.of(value)
        : dtype === 'int32'
          ? Int32Array.of(value)
          : Uint8Array.of(value);
    return this.literal(dtype, [], bytesOf(data));
  }

  /** An int64 vector literal. */
  ints(values: readonly number[]): string {
    return this.literal('int64', [values.length], int64Bytes(values));
  }

  /** Tells that an input has these dimensions, so that their names can be read from it at run time. */
  readSizesFrom(value: string, shape: Shape): void {
    shape.forEach((dim, axis) => {
      if (typeof dim !== 'number' && dim.terms.get(dim.key) === 1 && !this.sizeSources.has(dim.key))
        this.sizeSources.set(dim.key, { value, axis });
    });
  }

  /**
   * Tells the shape of a value, which spares the engine to find it: onnxruntime 1.30 names each size that it cannot find, and takes the longer
   * for a value the more names there are (half a minute for the training step of a ResNet-50 and a BERT).
   */
  tellShape(value: string, type: OnnxType, shape: Shape): void {
    if (!this.shapes.has(value)) this.shapes.set(value, { name: value, type, shape });
  }

  /** An int64 vector with the dimensions, computed at run time where they are symbolic. */
  dims(shape: readonly Dim[]): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.ints(shape);
    if (shape.length === 1) return this.dim(shape[0]!);
    const parts = shape.map((dim) => this.dim(dim));
    return this.once(`concat ${parts.join()}`, () => this.node('Concat', parts, { attributes: { axis: 0 } }));
  }

  /** `value` of shape `from` with another shape of as many elements. */
  reshape(value: string, from: Shape, to: Shape): string {
    if (from.length === to.length && from.every((dim, axis) => dimsEqual(dim, to[axis]!))) return value;
    const cheap = cheapShape(from, to);
    if (cheap) return this.node('Reshape', [value, this.ints(cheap)]);
    return this.node('Reshape', [value, this.dims(to)], { attributes: { allowzero: 1 } });
  }

  /** A tensor filled with one number. `ConstantOfShape` has no kernel in the WebGPU provider. */
  filled(dtype: DType, shape: Shape, value: number): string {
    const scalar = this.scalar(dtype, value);
    return shape.length === 0 ? scalar : this.node('Expand', [scalar, this.dims(shape)]);
  }

  private dim(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    return this.once(`dim ${dim.key}`, () => {
      const terms = [...dim.terms].map(([monomial, coefficient]) => this.term(monomial, coefficient));
      return terms.reduce((sum, term) => this.node('Add', [sum, term]));
    });
  }

  private term(monomial: string, coefficient: number): string {
    if (monomial === '') return this.ints([coefficient]);
    const product = monomial
      .split('*')
      .map((name) => this.size(name))
      .reduce((a, b) => this.node('Mul', [a, b]));
    return coefficient === 1 ? product : this.node('Mul', [product, this.ints([coefficient])]);
  }

  private size(name: string): string {
    return this.once(`size ${name}`, () => {
      const source = this.sizeSources.get(name);
      if (!source)
        throw new BackendError(
          `backend-onnx.compile: expected an input with a dimension "${name}", got none; add one or use a number.`,
        );
      return this.node('Shape', [source.value], { attributes: { start: source.axis, end: source.axis + 1 } });
    });
  }

  private addLiteral(type: OnnxType, dims: readonly number[], bytes: Uint8Array): string {
    const name = this.fresh();
    this.literals.set(name, { type, dims, bytes });
    return name;
  }

  /** What was made for that key, or is made now. */
  once(key: string, make: () => string): string {
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.cache.set(key, made);
    return made;
  }

  private fresh(): string {
    return `v${this.counter++}`;
  }
}

/**
 * A target shape that needs no run-time arithmetic: 0 copies the input's dimension, -1 stands for the rest. -1 is used only
 * beside numbers, because it is ambiguous where a copied dimension is empty.
 */
function cheapShape(from: Shape, to: Shape): number[] | undefined {
  if (to.includes(0)) return undefined;
  const copied = to.map((dim, axis) =>
    typeof dim === 'number' ? dim : axis < from.length && dimsEqual(dim, from[axis]!) ? 0 : undefined,
  );
  const unknown = copied.filter((dim) => dim === undefined).length;
  if (unknown === 0) return copied as number[];
  const symbolic = to.filter((dim) => typeof dim !== 'number').length;
  return symbolic === 1 ? copied.map((dim) => dim ?? -1) : undefined;
}
