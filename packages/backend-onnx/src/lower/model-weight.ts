import { byteLengthOf, type FileRange, type HostTensor } from '@crrg/tensor';
import { bytesOf } from '../model-builder.js';
import type { OnnxType } from '../proto/onnx.js';

/** A large constant of a model. */
export interface ModelWeight {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Where its bytes lie already. */
  readonly file?: FileRange | undefined;
  /** What the bytes come from; the same source, the same bytes. A text says the same in every process: what was made of which place of a file. */
  readonly source: object | string;
  /** Of that file. */
  readonly origin?: FileRange | undefined;
  /** Read or made each time. */
  bytes(): Uint8Array;
}

const describe = ({ path, offset }: FileRange) => `byte ${offset} of ${path}`;

/** A bound weight as it is. */
export function plainWeight(tensor: HostTensor): ModelWeight {
  const { dtype: type, shape, file } = tensor;
  const byteLength = byteLengthOf(tensor);
  const source = file ? describe(file) : tensor.data;
  return { type, shape, byteLength, file, source, origin: file, bytes: () => bytesOf(tensor.data) };
}

/** What tells apart what is made of arrays in memory. */
const madeOf = new WeakMap<object, Map<string, object>>();

function sourceInMemory(data: object, what: string): object {
  const known = madeOf.get(data) ?? new Map<string, object>();
  madeOf.set(data, known);
  const source = known.get(what) ?? {};
  known.set(what, source);
  return source;
}

/** Type and shape of something that is made of a weight. */
export type MadePart = Pick<ModelWeight, 'type' | 'shape' | 'byteLength'>;

/**
 * A weight that is made of another one.
 * @param how what is made, for {@link ModelWeight.source}
 */
export function madeWeight(
  tensor: HostTensor,
  how: string,
  part: MadePart,
  make: () => ArrayBufferView,
): ModelWeight {
  const { file, shape } = tensor;
  const what = `${how} of [${shape.join()}]`;
  const source = file ? `${what} from ${describe(file)}` : sourceInMemory(tensor.data, what);
  return { ...part, source, origin: file, bytes: () => bytesOf(make()) };
}

/**
 * Two weights that are made together of one. Both are let go when each was asked for, so that a model takes one after the other.
 * @param how what is made, for {@link ModelWeight.source}
 */
export function madeWeights(
  tensor: HostTensor,
  how: string,
  parts: readonly [MadePart, MadePart],
  make: () => readonly [ArrayBufferView, ArrayBufferView],
): [ModelWeight, ModelWeight] {
  let made: readonly ArrayBufferView[] | undefined;
  const taken = new Set<number>();
  const take = (index: number) => {
    made ??= make();
    const part = made[index]!;
    taken.add(index);
    if (taken.size === parts.length) {
      made = undefined;
      taken.clear();
    }
    return part;
  };
  return parts.map((part, index) => madeWeight(tensor, `${how}[${index}]`, part, () => take(index))) as [
    ModelWeight,
    ModelWeight,
  ];
}
