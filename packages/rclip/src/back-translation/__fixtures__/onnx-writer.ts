import { ProtobufMessage } from '@crrg/core';

/** Just enough of ONNX to write a small float32 model; field numbers as in `onnx.proto3`. */

/** Element types by their ONNX code. */
export const TYPE = { float: 1, int64: 7, bool: 9 } as const;

/** A constant tensor. */
export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** An operator; attributes are integers or lists of them. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>> | undefined;
}

/** A named input or output; a text is the name of a size that varies. */
export interface Value {
  readonly name: string;
  readonly type: keyof typeof TYPE;
  readonly dims: readonly (number | string)[];
}

/** What a model computes. */
export interface OnnxGraph {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

function initializer({ name, dims, data }: Initializer): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const dim of dims) message.int(1, dim);
  return message
    .int(2, data instanceof Float32Array ? TYPE.float : TYPE.int64)
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function attribute(name: string, value: number | readonly number[]): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  for (const item of value) message.int(8, item);
  return message.int(20, 7);
}

function node({ op, inputs, outputs, attributes = {} }: Node): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const name of inputs) message.string(1, name);
  for (const name of outputs) message.string(2, name);
  message.string(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attribute(name, value));
  return message;
}

function value({ name, type, dims }: Value): ProtobufMessage {
  const shape = new ProtobufMessage();
  for (const dim of dims) {
    const size = new ProtobufMessage();
    shape.message(1, typeof dim === 'number' ? size.int(1, dim) : size.string(2, dim));
  }
  const tensor = new ProtobufMessage().int(1, TYPE[type]).message(2, shape);
  return new ProtobufMessage().string(1, name).message(2, new ProtobufMessage().message(1, tensor));
}

/** The bytes of a model file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const body = new ProtobufMessage();
  for (const each of graph.nodes) body.message(1, node(each));
  body.string(2, 'tiny-marian');
  for (const each of graph.initializers) body.message(5, initializer(each));
  for (const each of graph.inputs) body.message(11, value(each));
  for (const each of graph.outputs) body.message(12, value(each));
  return new ProtobufMessage()
    .int(1, 8)
    .message(7, body)
    .message(8, new ProtobufMessage().int(2, 17))
    .toBytes();
}
