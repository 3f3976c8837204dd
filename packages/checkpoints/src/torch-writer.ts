import { CheckpointError } from '@crrg/core';
import type { HostTensor } from '@crrg/tensor';
import type { TensorEntry } from './checkpoint.js';
import { encodeElements } from './convert.js';
import { elementCount, storedSize, type StoredDType } from './dtype.js';
import { PickleWriter } from './pickle-writer.js';
import { storageClass } from './torch-tensors.js';
import { ZipWriter, type WriteBytes } from './zip-writer.js';

/** A tensor in its stored type whose bytes are asked for when they are written. */
export type StoredTensor = Pick<TensorEntry, 'dtype' | 'shape' | 'readBytes'>;

/**
 * What `torch.save` can be given: dictionaries, lists, plain values and tensors. Whole numbers become Python's int. A tensor object that
 * stands in several places is stored once, and torch gives all of them the same memory.
 */
export type TorchValue =
  | null
  | boolean
  | number
  | string
  | HostTensor
  | StoredTensor
  | readonly TorchValue[]
  | ReadonlyMap<string, TorchValue>;

/** A tensor from bytes in memory, little-endian and row-major. */
export function storedTensor(dtype: StoredDType, shape: readonly number[], bytes: Uint8Array): StoredTensor {
  return { dtype, shape, readBytes: () => Promise.resolve(bytes) };
}

type Tensor = HostTensor | StoredTensor;

const EMPTY_TUPLE = 0x29;
const REDUCE = 0x52;
const PERSISTENT = 0x51;

const isTensor = (value: TorchValue): value is Tensor =>
  typeof value === 'object' && value !== null && 'dtype' in value;
const isList = (value: TorchValue): value is readonly TorchValue[] => Array.isArray(value);

function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= Math.max(1, size);
  }
  return strides;
}

/** The pickle of a value, and the tensors that it names by their position. */
function planPickle(root: TorchValue): { pickle: Uint8Array; tensors: Tensor[] } {
  const writer = new PickleWriter();
  const keys = new Map<Tensor, number>();
  const tensor = (value: Tensor) => {
    const count = elementCount(value.shape);
    if (count === undefined)
      throw new CheckpointError(
        `checkpoints.torch: expected sizes of a tensor, got [${value.shape.join(', ')}]; fix the shape.`,
      );
    const key = keys.get(value) ?? keys.size;
    keys.set(value, key);
    const numbers = (list: readonly number[]) =>
      writer.tuple(() => list.forEach((item) => writer.number(item)));
    writer.global('torch._utils', '_rebuild_tensor_v2').tuple(() => {
      writer.tuple(() => {
        writer.text('storage').global('torch', storageClass(value.dtype));
        writer.text(String(key)).text('cpu').number(count);
      });
      writer.operations(PERSISTENT).number(0);
      numbers(value.shape);
      numbers(rowMajor(value.shape));
      writer.constant(false).global('collections', 'OrderedDict').operations(EMPTY_TUPLE, REDUCE);
    });
    writer.operations(REDUCE);
  };
  const value = (item: TorchValue): void => {
    if (item === null || typeof item === 'boolean') writer.constant(item);
    else if (typeof item === 'number') writer.number(item);
    else if (typeof item === 'string') writer.text(item);
    else if (isTensor(item)) tensor(item);
    else if (isList(item)) writer.list(() => item.forEach(value));
    else
      writer.dictionary(() => {
        for (const [name, child] of item) {
          writer.text(name);
          value(child);
        }
      });
  };
  value(root);
  return { pickle: writer.toBytes(), tensors: [...keys.keys()] };
}

/** The bytes of a tensor in its stored type. */
export async function storedBytes(tensor: HostTensor | StoredTensor): Promise<Uint8Array> {
  return 'readBytes' in tensor ? tensor.readBytes() : encodeElements(tensor);
}

/** How weights are streamed. */
export interface WriteWeightsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each tensor with the bytes of all so far. */
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Writes what `torch.save` writes (the zip of torch 1.6 and later, readable with `weights_only=True`), one tensor in memory at a time. The same
 * value gives the same bytes.
 * @param sink takes the bytes of the file in order
 *
 * @example
 * ```ts
 * await writeTorch(write, new Map<string, TorchValue>([['model', new Map([['conv1.weight', weight]])], ['epoch', 3]]));
 * ```
 * @throws {CheckpointError} for a type that torch does not store, or a tensor of 4 GiB or more
 */
export async function writeTorch(
  sink: WriteBytes,
  root: TorchValue,
  { signal, onBytes }: WriteWeightsOptions = {},
): Promise<void> {
  const { pickle, tensors } = planPickle(root);
  const zip = new ZipWriter(sink);
  const text = (content: string) => new TextEncoder().encode(content);
  await zip.add('archive/data.pkl', pickle);
  await zip.add('archive/byteorder', text('little'));
  const total = tensors.reduce((sum, tensor) => sum + storedSize(tensor), 0);
  let done = 0;
  for (const [key, tensor] of tensors.entries()) {
    signal?.throwIfAborted();
    await zip.add(`archive/data/${key}`, await storedBytes(tensor));
    done += storedSize(tensor);
    onBytes?.(done, total);
  }
  await zip.add('archive/version', text('3\n'));
  await zip.end();
}
