import { CheckpointError } from '@crrg/core';
import type { TensorEntry } from './checkpoint.js';
import { toHostTensor } from './convert.js';
import { BYTES_PER_ELEMENT, elementCount, type StoredDType } from './dtype.js';
import type { PickleHooks } from './pickle-machine.js';
import { PickleGlobal, type PickleValue } from './pickle-values.js';

const STORAGES: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** The class of torch that stores a type. @throws {CheckpointError} for a type that has none */
export function storageClass(dtype: StoredDType): string {
  const found = Object.entries(STORAGES).find(([, stored]) => stored === dtype);
  if (found) return found[0];
  throw new CheckpointError(
    `checkpoints.torch: expected a type that torch stores, got ${dtype}; convert the tensor.`,
  );
}

/** A block of memory that a torch file holds under a key. */
export class TorchStorage {
  readonly external = 'storage';

  constructor(
    readonly key: string,
    readonly dtype: StoredDType,
    /** Elements that the pickle claims; the container checks it against the bytes that are there. */
    readonly count: number,
  ) {}

  get byteLength(): number {
    return this.count * BYTES_PER_ELEMENT[this.dtype];
  }
}

/** A view of a storage: offset and strides in elements. */
export class TorchTensor {
  readonly external = 'tensor';

  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    readonly count: number,
  ) {}

  /** Equal for tensors that are the same memory seen the same way. */
  get identity(): string {
    return `${this.storage.key}:${this.offset}:${this.shape.join()}:${this.strides.join()}`;
  }

  /** Elements from the first to the last one touched. */
  get span(): number {
    return this.count === 0
      ? 0
      : 1 + this.shape.reduce((sum, size, axis) => sum + (size - 1) * this.strides[axis]!, 0);
  }

  get isContiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis]! > 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis]!;
    }
    return true;
  }
}

export function refuseTorch(problem: string): CheckpointError {
  return new CheckpointError(
    `checkpoints.torch: ${problem}; the file is damaged or hostile, fetch it again from its source.`,
  );
}

/** Collects the storages that a pickle names and gives its tensors meaning. `fileSize` bounds what views may expand to. */
export function torchHooks(
  fileSize: number,
): PickleHooks & { readonly storages: ReadonlyMap<string, TorchStorage> } {
  const storages = new Map<string, TorchStorage>();
  return {
    storages,
    persistent: (id) => {
      const storage = parseStorage(id);
      const known = storages.get(storage.key);
      if (known && (known.dtype !== storage.dtype || known.count !== storage.count)) {
        throw refuseTorch(`expected one description of storage "${storage.key}", got two`);
      }
      if (!known) storages.set(storage.key, storage);
      return known ?? storage;
    },
    call: (type, args) => callTorch(type, args, fileSize),
  };
}

function parseStorage(id: PickleValue): TorchStorage {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  if (kind !== 'storage') throw refuseTorch('expected a persistent id of kind "storage"');
  const dtype =
    type instanceof PickleGlobal && type.module === 'torch' && Object.hasOwn(STORAGES, type.name)
      ? STORAGES[type.name]
      : undefined;
  if (!dtype) {
    const names = Object.keys(STORAGES).join(', ');
    throw refuseTorch(
      `expected a storage class of ${names}, got ${type instanceof PickleGlobal ? type.toString() : 'another value'}`,
    );
  }
  if (typeof key !== 'string' || key.length === 0) throw refuseTorch('expected a storage key');
  if (!isWhole(count) || !Number.isSafeInteger(count * BYTES_PER_ELEMENT[dtype])) {
    throw refuseTorch(`expected a whole number of elements in storage "${key}", got ${String(count)}`);
  }
  if (view !== undefined && view !== null) throw refuseTorch('expected a whole storage, got a view of one');
  return new TorchStorage(key, dtype, count);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function callTorch(
  type: PickleGlobal,
  args: readonly PickleValue[],
  fileSize: number,
): PickleValue | undefined {
  switch (type.toString()) {
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
      return rebuildTensor(args, fileSize);
    case 'torch._utils._rebuild_parameter':
    case 'torch._utils._rebuild_parameter_with_state':
      if (!(args[0] instanceof TorchTensor)) throw refuseTorch('expected a tensor inside a parameter');
      return args[0];
    case 'torch._tensor._rebuild_from_type_v2':
      if (!(args[0] instanceof PickleGlobal) || !Array.isArray(args[2]))
        throw refuseTorch('expected a tensor of a named type');
      return callTorch(args[0], args[2], fileSize);
    default:
      return undefined;
  }
}

function rebuildTensor(args: readonly PickleValue[], fileSize: number): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage)) throw refuseTorch('expected a storage inside a tensor');
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (!Array.isArray(shape) || count === undefined)
    throw refuseTorch('expected sizes >= 0 with an exact product');
  if (!Array.isArray(strides) || strides.length !== shape.length || !strides.every(isWhole)) {
    throw refuseTorch(`expected ${shape.length} strides >= 0`);
  }
  if (!isWhole(offset)) throw refuseTorch(`expected an offset >= 0, got ${String(offset)}`);
  const tensor = new TorchTensor(storage, offset, shape as number[], strides, count);
  if (!Number.isSafeInteger(tensor.span) || offset + tensor.span > storage.count) {
    throw refuseTorch(
      `expected a tensor inside the ${storage.count} elements of storage "${storage.key}", got element ${offset + tensor.span - 1}`,
    );
  }
  if (count * BYTES_PER_ELEMENT[storage.dtype] > fileSize) {
    throw refuseTorch(`expected a tensor no larger than the file, got [${tensor.shape.join(', ')}]`);
  }
  return tensor;
}

/** Reads a range of a storage, in bytes from its start. */
export type ReadStorage = (storage: TorchStorage, offset: number, length: number) => Promise<Uint8Array>;

/** The entry of a tensor whose bytes come from `readStorage`. */
export function torchEntry(
  name: string,
  tensor: TorchTensor,
  aliasOf: string | undefined,
  readStorage: ReadStorage,
): TensorEntry {
  const { dtype } = tensor.storage;
  const readBytes = async () => {
    const width = BYTES_PER_ELEMENT[dtype];
    const bytes = await readStorage(tensor.storage, tensor.offset * width, tensor.span * width);
    return tensor.isContiguous ? bytes : gather(tensor, bytes, width);
  };
  return {
    name,
    dtype,
    shape: tensor.shape,
    aliasOf,
    readBytes,
    read: async (options = {}) =>
      toHostTensor(dtype, tensor.shape, await readBytes(), options.as, `checkpoints.torch: ${name}`),
  };
}

/** Copies the elements of a strided view, whose first element is at the start of `bytes`, in row-major order. */
function gather({ shape, strides, count }: TorchTensor, bytes: Uint8Array, width: number): Uint8Array {
  const result = new Uint8Array(count * width);
  const position = shape.map(() => 0);
  let element = 0;
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < width; byte++) result[i * width + byte] = bytes[element * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      element += strides[axis]!;
      position[axis]!++;
      if (position[axis]! < shape[axis]!) break;
      element -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return result;
}
