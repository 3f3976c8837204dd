import { ProtobufMessage } from '@crrg/core';
import type { DType, Shape } from '@crrg/tensor';

/** Element types that models here use. */
export type OnnxType = DType | 'int64' | 'int8' | 'uint8' | 'uint32';

/** Codes of `TensorProto.DataType`. */
export const ELEMENT_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int8: 3,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
};

/** A float attribute; a bare number is an integer one. */
export interface FloatAttribute {
  readonly float: number;
}

/** Values of node attributes: integer, string, integers, float, or a literal tensor. */
export type Attribute = number | string | readonly number[] | FloatAttribute | TensorLiteral;

/** A tensor whose data stands in the model. */
export interface TensorLiteral {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** Where a tensor's data lies outside the model. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** One node; `domain` is `com.microsoft` for contributed operators. */
export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named input or output. */
export interface ValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: Shape;
  /** A sequence of such tensors. @defaultValue false */
  readonly isSequence?: boolean | undefined;
}

const OPSET = 20;
const IR_VERSION = 9;

function attributeMessage(name: string, value: Attribute): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if (typeof value === 'string') return message.string(4, value).int(20, 3);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  if ('bytes' in value) return message.message(5, literalMessage('', value)).int(20, 4);
  for (const item of value) message.int(8, item);
  return message.int(20, 7);
}

function tensorHeader(name: string, type: OnnxType, dims: readonly number[]): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const dim of dims) message.int(1, dim);
  return message.int(2, ELEMENT_TYPE[type]).string(8, name);
}

/** A `TensorProto` with its data. */
export function literalMessage(name: string, { type, dims, bytes }: TensorLiteral): ProtobufMessage {
  return tensorHeader(name, type, dims).bytes(9, bytes);
}

/** A `TensorProto` whose data lies elsewhere. */
export function externalMessage(
  name: string,
  type: OnnxType,
  dims: readonly number[],
  data: ExternalData,
): ProtobufMessage {
  const message = tensorHeader(name, type, dims);
  for (const [key, value] of Object.entries(data))
    message.message(13, new ProtobufMessage().string(1, key).string(2, `${value}`));
  return message.int(14, 1);
}

function nodeMessage(node: OnnxNode): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.outputs.find((name) => name) ?? '').string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    message.message(5, attributeMessage(name, value));
  return node.domain ? message.string(7, node.domain) : message;
}

function valueMessage({ name, type, shape, isSequence = false }: ValueInfo): ProtobufMessage {
  const dims = new ProtobufMessage();
  for (const dim of shape)
    dims.message(
      1,
      typeof dim === 'number' ? new ProtobufMessage().int(1, dim) : new ProtobufMessage().string(2, dim.key),
    );
  const tensorType = new ProtobufMessage().int(1, ELEMENT_TYPE[type]).message(2, dims);
  const tensor = new ProtobufMessage().message(1, tensorType);
  const value = isSequence
    ? new ProtobufMessage().message(4, new ProtobufMessage().message(1, tensor))
    : tensor;
  return new ProtobufMessage().string(1, name).message(2, value);
}

/** A whole `ModelProto`. */
export function modelMessage(graph: {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly ProtobufMessage[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly between: readonly ValueInfo[];
}): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.string(2, 'crrg');
  for (const initializer of graph.initializers) message.message(5, initializer);
  for (const value of graph.inputs) message.message(11, valueMessage(value));
  for (const value of graph.outputs) message.message(12, valueMessage(value));
  for (const value of graph.between) message.message(13, valueMessage(value));
  const model = new ProtobufMessage()
    .int(1, IR_VERSION)
    .string(2, 'crrg')
    .message(7, message)
    .message(8, new ProtobufMessage().string(1, '').int(2, OPSET));
  const contributed = [...new Set(graph.nodes.map(({ domain }) => domain))].filter((domain) => domain !== '');
  for (const domain of contributed) model.message(8, new ProtobufMessage().string(1, domain).int(2, 1));
  return model;
}
