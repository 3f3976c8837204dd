import { ShapeError } from '@crrg/core';
import type {
  ConvolutionAttributes,
  OperationAttributes,
  OperationName,
  PoolAttributes,
} from './attributes.js';
import { copyOf, keyOf } from './attribute-values.js';
import { dimsEqual, staticDim, subDims, type Dim, type Shape } from './dim.js';
import type { GraphInput, Node, OperationNode, Tensor } from './graph.js';
import { hostTensor, sizeOf, type DType, type HostTensor } from './host-tensor.js';
import type {
  AttentionBlock,
  Conv2dOptions,
  MatmulOptions,
  Operand,
  Ops,
  Pool2dOptions,
  ReduceOptions,
  SliceOptions,
} from './operations.js';
import type { binaryOperations } from './ops/binary.js';
import { normalizeAxis } from './ops/shapes.js';
import { operationOf } from './registry.js';

/** The {@link Ops} that records: each call appends a node, or gives the earlier node that computes the same. */
export class GraphBuilder implements Ops {
  readonly nodes: Node[] = [];
  readonly inputs: GraphInput[] = [];
  private readonly known = new Map<string, Tensor>();

  /** Declares an input or parameter. */
  input(name: string, kind: GraphInput['kind'], shape: Shape, dtype: DType): Tensor {
    const output = this.newTensor(shape, dtype);
    this.nodes.push({ op: kind, inputs: [], attributes: { name }, output });
    this.inputs.push({ name, kind, tensor: output });
    return output;
  }

  /** Records any operation by name. */
  record<Op extends OperationName>(
    op: Op,
    inputs: readonly Tensor[],
    given: OperationAttributes[Op],
  ): Tensor {
    const attributes = copyOf(given);
    const key = `${op}(${inputs.map((x) => x.id).join()})${keyOf(attributes)}`;
    const earlier = this.known.get(key);
    if (earlier) return earlier;
    const { shape, dtype } = operationOf(op).infer(inputs, attributes);
    const output = this.append(op, [...inputs], attributes, shape, dtype);
    this.known.set(key, output);
    return output;
  }

  private append<Op extends OperationName>(
    op: Op,
    inputs: readonly Tensor[],
    attributes: OperationAttributes[Op],
    shape: Shape,
    dtype: DType,
  ): Tensor {
    const output = this.newTensor(shape, dtype);
    this.nodes.push({ op, inputs, attributes, output } as OperationNode);
    return output;
  }

  private newTensor(shape: Shape, dtype: DType): Tensor {
    return { id: this.nodes.length, shape, dtype };
  }

  constant({ dtype, shape, data }: HostTensor): Tensor {
    const value: HostTensor = { dtype, shape: [...shape], data: data.slice() };
    if (value.data.length === 1) {
      const key = `constant ${value.dtype} [${value.shape.join()}] ${value.data[0]}`;
      const earlier = this.known.get(key) ?? this.append('constant', [], { value }, value.shape, value.dtype);
      this.known.set(key, earlier);
      return earlier;
    }
    return this.append('constant', [], { value }, value.shape, value.dtype);
  }

  scalar(value: number, dtype: DType = 'float32'): Tensor {
    return this.constant(hostTensor(dtype, [], [value]));
  }

  iota(length: Dim): Tensor {
    return this.record('iota', [], { length });
  }

  uniform(seed: Tensor, shape: Shape): Tensor {
    return this.record('uniform', [seed], { shape });
  }

  private pair(a: Operand, b: Operand): [Tensor, Tensor] {
    if (typeof a !== 'number') return [a, typeof b === 'number' ? this.scalar(b, a.dtype) : b];
    if (typeof b !== 'number') return [this.scalar(a, b.dtype), b];
    return [this.scalar(a), this.scalar(b)];
  }

  private binary(op: keyof typeof binaryOperations, a: Operand, b: Operand): Tensor {
    return this.record(op, this.pair(a, b), {});
  }

  /** A broadcast times a number is the broadcast of the product: one multiplication instead of many. */
  private scaledBroadcast(a: Operand, factor: Operand): Tensor | undefined {
    if (typeof a === 'number' || typeof factor !== 'number') return undefined;
    const node = this.nodes[a.id]!;
    return node.op === 'broadcastTo'
      ? this.broadcastTo(this.mul(node.inputs[0]!, factor), a.shape)
      : undefined;
  }

  neg = (x: Tensor) => this.record('neg', [x], {});
  exp = (x: Tensor) => this.record('exp', [x], {});
  log = (x: Tensor) => this.record('log', [x], {});
  sqrt = (x: Tensor) => this.record('sqrt', [x], {});
  tanh = (x: Tensor) => this.record('tanh', [x], {});
  erf = (x: Tensor) => this.record('erf', [x], {});
  sigmoid = (x: Tensor) => this.record('sigmoid', [x], {});
  relu = (x: Tensor) => this.record('relu', [x], {});
  abs = (x: Tensor) => this.record('abs', [x], {});
  sign = (x: Tensor) => this.record('sign', [x], {});
  add = (a: Operand, b: Operand) => this.binary('add', a, b);
  sub = (a: Operand, b: Operand) => this.binary('sub', a, b);
  mul = (a: Operand, b: Operand) => this.scaledBroadcast(a, b) ?? this.binary('mul', a, b);
  div = (a: Operand, b: Operand) => this.binary('div', a, b);
  maximum = (a: Operand, b: Operand) => this.binary('maximum', a, b);
  minimum = (a: Operand, b: Operand) => this.binary('minimum', a, b);
  equal = (a: Operand, b: Operand) => this.binary('equal', a, b);
  less = (a: Operand, b: Operand) => this.binary('less', a, b);
  not = (x: Tensor) => this.record('not', [x], {});
  and = (a: Tensor, b: Tensor) => this.record('and', [a, b], {});
  or = (a: Tensor, b: Tensor) => this.record('or', [a, b], {});
  where = (condition: Tensor, a: Operand, b: Operand) =>
    this.record('where', [condition, ...this.pair(a, b)], {});
  cast = (x: Tensor, dtype: DType) => (x.dtype === dtype ? x : this.record('cast', [x], { dtype }));
  stopGradient = (x: Tensor) => this.record('stopGradient', [x], {});

  private reduce(op: 'sum' | 'max', x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
    const rank = x.shape.length;
    const normalized = axes
      ? axes.map((axis) => normalizeAxis(axis, rank, op)).sort((a, b) => a - b)
      : [...x.shape.keys()];
    if (normalized.every((axis) => x.shape[axis] === 1)) {
      const kept = x.shape.filter((_, axis) => keepDims || !normalized.includes(axis));
      return this.reshape(x, kept);
    }
    return this.record(op, [x], { axes: normalized, keepDims });
  }

  sum = (x: Tensor, options?: ReduceOptions) => this.reduce('sum', x, options);
  max = (x: Tensor, options?: ReduceOptions) => this.reduce('max', x, options);

  mean(x: Tensor, options?: ReduceOptions): Tensor {
    const axes = options?.axes ?? [...x.shape.keys()];
    const sizes = axes.map((axis) => x.shape[normalizeAxis(axis, x.shape.length, 'mean')]!);
    const total = this.sum(x, options);
    if (sizes.every((dim): dim is number => typeof dim === 'number'))
      return this.mul(total, 1 / sizeOf(sizes));
    return this.div(
      total,
      sizes.map((dim) => this.dimension(dim)).reduce((a, b) => this.mul(a, b)),
    );
  }

  /** A dimension as a float32 scalar. */
  private dimension(dim: Dim): Tensor {
    return typeof dim === 'number' ? this.scalar(dim) : this.sum(this.broadcastTo(this.scalar(1), [dim]));
  }

  private along(op: 'argMax' | 'softmax' | 'logSoftmax', x: Tensor, axis: number): Tensor {
    return this.record(op, [x], { axis: normalizeAxis(axis, x.shape.length, op) });
  }

  argMax = (x: Tensor, axis: number) => this.along('argMax', x, axis);
  softmax = (x: Tensor, axis: number) => this.along('softmax', x, axis);
  logSoftmax = (x: Tensor, axis: number) => this.along('logSoftmax', x, axis);

  matmul = (a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}) =>
    this.record('matmul', [a, b], { transposeA, transposeB });

  private convAttributes({
    strides = [1, 1],
    padding = [0, 0, 0, 0],
    dilations = [1, 1],
  }: Conv2dOptions): ConvolutionAttributes {
    return { strides, padding, dilations };
  }

  conv2d = (x: Tensor, w: Tensor, options: Conv2dOptions = {}) =>
    this.record('conv2d', [x, w], this.convAttributes(options));

  conv2dTranspose = (y: Tensor, w: Tensor, size: readonly [number, number], options: Conv2dOptions = {}) =>
    this.record('conv2dTranspose', [y, w], { size, ...this.convAttributes(options) });

  private poolAttributes({ kernel, strides, padding = [0, 0, 0, 0] }: Pool2dOptions): PoolAttributes {
    return { kernel, strides, padding };
  }

  maxPool2d = (x: Tensor, options: Pool2dOptions) =>
    this.record('maxPool2d', [x], this.poolAttributes(options));

  maxPool2dGradient = (x: Tensor, gradient: Tensor, options: Pool2dOptions) =>
    this.record('maxPool2dGradient', [x, gradient], this.poolAttributes(options));

  reshape(x: Tensor, shape: Shape): Tensor {
    const same =
      x.shape.length === shape.length && x.shape.every((dim, axis) => dimsEqual(dim, shape[axis]!));
    return same ? x : this.record('reshape', [x], { shape });
  }

  transpose(x: Tensor, permutation: readonly number[]): Tensor {
    return permutation.every((axis, index) => axis === index) && permutation.length === x.shape.length
      ? x
      : this.record('transpose', [x], { permutation });
  }

  broadcastTo(x: Tensor, shape: Shape): Tensor {
    const same =
      x.shape.length === shape.length && x.shape.every((dim, axis) => dimsEqual(dim, shape[axis]!));
    return same ? x : this.record('broadcastTo', [x], { shape });
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    if (xs.length === 0)
      throw new ShapeError('tensor.concat: expected at least one tensor, got none; pass some.');
    return xs.length === 1
      ? xs[0]!
      : this.record('concat', xs, { axis: normalizeAxis(axis, xs[0]!.shape.length, 'concat') });
  }

  slice(x: Tensor, { axes, starts, ends, steps = axes.map(() => 1) }: SliceOptions): Tensor {
    const normalized = axes.map((axis) => normalizeAxis(axis, x.shape.length, 'slice'));
    const resolve = (position: Dim, size: Dim): Dim => {
      if (typeof position !== 'number') return position;
      if (position < 0) return subDims(size, -position);
      return typeof size === 'number' ? Math.min(position, size) : position;
    };
    const resolved = (positions: readonly Dim[]) =>
      positions.map((position, index) => resolve(position, x.shape[normalized[index]!]!));
    const [from, to] = [resolved(starts), resolved(ends)];
    const whole = normalized.every(
      (axis, index) => from[index] === 0 && dimsEqual(to[index]!, x.shape[axis]!) && steps[index] === 1,
    );
    return whole ? x : this.record('slice', [x], { axes: normalized, starts: from, ends: to, steps });
  }

  pad(x: Tensor, padding: readonly (readonly [number, number])[], value = 0): Tensor {
    if (padding.length !== x.shape.length)
      throw new ShapeError(
        `tensor.pad: expected ${x.shape.length} pairs, got ${padding.length}; name every axis.`,
      );
    return padding.every(([before, after]) => before === 0 && after === 0)
      ? x
      : this.record('pad', [x], { padding, value });
  }

  gather = (x: Tensor, indices: Tensor, axis: number) =>
    this.record('gather', [x, indices], { axis: normalizeAxis(axis, x.shape.length, 'gather') });

  gatherElements = (x: Tensor, indices: Tensor, axis: number) =>
    this.record('gatherElements', [x, indices], {
      axis: normalizeAxis(axis, x.shape.length, 'gatherElements'),
    });

  scatterAddElements = (indices: Tensor, updates: Tensor, axis: number, length: Dim) =>
    this.record('scatterAddElements', [indices, updates], {
      axis: normalizeAxis(axis, updates.shape.length, 'scatterAddElements'),
      length,
    });

  topKIndices = (x: Tensor, k: number) => this.record('topKIndices', [x], { k });

  layerNorm = (x: Tensor, scale: Tensor, shift: Tensor, epsilon: number) =>
    this.record('layerNorm', [x, scale, shift], { epsilon });

  batchNorm = (x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, epsilon: number) =>
    this.record('batchNorm', [x, scale, shift, mean, variance], { epsilon });

  geluTanh = (x: Tensor) => this.record('geluTanh', [x], {});
  gelu = (x: Tensor) => this.record('gelu', [x], {});

  attention(query: Tensor, blocks: readonly AttentionBlock[], bias: Tensor, scale: number): Tensor {
    const inputs = [query, bias, ...blocks.flatMap(({ key, value }) => [key, value])];
    const numHeads = staticDim(blocks[0]?.key.shape[1] ?? 0, 'tensor.attention');
    return this.record('attention', inputs, { numHeads, scale });
  }

  square = (x: Tensor) => this.mul(x, x);

  zeros(shape: Shape, dtype: DType = 'float32'): Tensor {
    return this.broadcastTo(this.scalar(0, dtype), shape);
  }
}
