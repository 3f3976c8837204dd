/** Just enough of protocol buffers and ONNX to write a small float32 model; field numbers as in `onnx.proto3`. */

type Field = readonly number[];

const text = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

const int = (field: number, value: number): Field => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, data: Iterable<number>): Field => {
  const content = [...data];
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
};
const string = (field: number, value: string): Field => bytes(field, text.encode(value));
const message = (field: number, ...parts: readonly Field[]): Field => bytes(field, parts.flat());

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

function initializer({ name, dims, data }: Initializer): Field {
  const type = data instanceof Float32Array ? TYPE.float : TYPE.int64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((dim) => int(1, dim)), int(2, type), string(8, name), bytes(9, raw));
}

function node({ op, inputs, outputs, attributes = {} }: Node): Field {
  const given = Object.entries(attributes).map(([name, value]) =>
    typeof value === 'number'
      ? message(5, string(1, name), int(3, value), int(20, 2))
      : message(5, string(1, name), ...value.map((item) => int(8, item)), int(20, 7)),
  );
  return message(
    1,
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(4, op),
    ...given,
  );
}

function value(field: number, { name, type, dims }: Value): Field {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? int(1, dim) : string(2, dim)));
  return message(
    field,
    string(1, name),
    message(2, message(1, int(1, TYPE[type]), message(2, ...shape))),
  );
}

/** The bytes of a model file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const body = message(
    7,
    ...graph.nodes.map(node),
    string(2, 'tiny-marian'),
    ...graph.initializers.map(initializer),
    ...graph.inputs.map((each) => value(11, each)),
    ...graph.outputs.map((each) => value(12, each)),
  );
  return Uint8Array.from([...int(1, 8), ...body, ...message(8, int(2, 17))]);
}
