import { CheckpointError } from '@crrg/core';
import { deferredTensor, type HostTensor } from '@crrg/tensor';
import type { Checkpoint, CheckpointValue, TensorEntry } from './checkpoint.js';
import { encodeElements, littleEndianHost, storedDType, toHostTensor, type FloatStorage } from './convert.js';
import { BYTES_PER_ELEMENT, elementCount, type StoredDType } from './dtype.js';
import { readExactly, type RandomAccess, type StoredFile } from './random-access.js';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

const WHERE = 'checkpoints.safetensors';
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = '__metadata__';

const CODES = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  U64: 'uint64',
  I32: 'int32',
  U32: 'uint32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Record<string, StoredDType>;

const CODE_OF = Object.fromEntries(Object.entries(CODES).map(([code, dtype]) => [dtype, code])) as Record<
  StoredDType,
  string
>;

/** Where one tensor lies in a safetensors file. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** A checked safetensors header. */
export interface SafetensorsHeader {
  readonly tensors: readonly SafetensorsTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

function refuse(problem: string): CheckpointError {
  return new CheckpointError(
    `${WHERE}: ${problem}; the file is damaged or was not written by safetensors, fetch it again.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Length of the JSON header from the first eight bytes. */
function headerLength(prefix: Uint8Array, fileSize: number): number {
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw refuse(`expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  if (Number(length) > fileSize - 8)
    throw refuse(`expected a header of at most ${fileSize - 8} bytes in this file, got ${length}`);
  return Number(length);
}

function parseTensor(name: string, value: unknown, dataStart: number, dataLength: number): SafetensorsTensor {
  if (!isRecord(value)) throw refuse(`expected an object for "${name}"`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype =
    typeof code === 'string' && Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : undefined;
  if (!dtype)
    throw refuse(
      `expected a dtype of ${Object.keys(CODES).join(', ')} for "${name}", got ${JSON.stringify(code)}`,
    );
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (count === undefined)
    throw refuse(`expected sizes >= 0 with an exact product for "${name}", got ${JSON.stringify(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  const valid = Number.isSafeInteger(begin) && Number.isSafeInteger(end);
  if (
    !valid ||
    (begin as number) < 0 ||
    (end as number) < (begin as number) ||
    (end as number) > dataLength
  ) {
    throw refuse(
      `expected offsets inside ${dataLength} bytes of data for "${name}", got ${JSON.stringify(offsets)}`,
    );
  }
  const byteLength = (end as number) - (begin as number);
  if (byteLength !== count * BYTES_PER_ELEMENT[dtype]) {
    throw refuse(
      `expected ${count * BYTES_PER_ELEMENT[dtype]} bytes for ${code as string} [${(shape as number[]).join(', ')}] "${name}", got ${byteLength}`,
    );
  }
  return { name, dtype, shape: shape as number[], offset: dataStart + (begin as number), byteLength };
}

function parseMetadata(value: unknown): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isRecord(value)) throw refuse(`expected an object of strings for ${METADATA_KEY}`);
  const pairs = Object.entries(value);
  const bad = pairs.find(([, text]) => typeof text !== 'string');
  if (bad) throw refuse(`expected a string for ${METADATA_KEY}.${bad[0]}`);
  return new Map(pairs as [string, string][]);
}

/** Every byte of the data belongs to exactly one tensor. */
function checkTiling(tensors: readonly SafetensorsTensor[], dataStart: number, fileSize: number): void {
  const order = [...tensors].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  for (const tensor of order) {
    if (tensor.offset !== end) {
      throw refuse(
        `expected "${tensor.name}" at byte ${end - dataStart} of the data, got ${tensor.offset - dataStart} (${tensor.offset < end ? 'overlap' : 'hole'})`,
      );
    }
    end += tensor.byteLength;
  }
  if (end !== fileSize)
    throw refuse(`expected ${end - dataStart} bytes of data, got ${fileSize - dataStart}`);
}

function parseHeader(json: Uint8Array, fileSize: number): SafetensorsHeader {
  let value: unknown;
  try {
    value = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json), 4);
  } catch (cause) {
    const reason = cause instanceof StrictJsonError ? cause.message : 'not UTF-8';
    throw refuse(`expected a JSON header, got one that is wrong: ${reason}`);
  }
  if (!isRecord(value)) throw refuse('expected a JSON object as header');
  const dataStart = 8 + json.byteLength;
  const tensors: SafetensorsTensor[] = [];
  let metadata = new Map<string, string>();
  for (const [name, entry] of Object.entries(value)) {
    if (name === METADATA_KEY) metadata = parseMetadata(entry);
    else tensors.push(parseTensor(name, entry, dataStart, fileSize - dataStart));
  }
  checkTiling(tensors, dataStart, fileSize);
  return { tensors, metadata };
}

/**
 * The checked header of a safetensors file: every tensor's type, shape and place. Only the header is read.
 * @throws {CheckpointError} for anything that the format forbids: holes, overlap, repeated names, sizes that do not fit
 */
export async function readSafetensorsHeader(source: RandomAccess): Promise<SafetensorsHeader> {
  const length = headerLength(await readExactly(source, 0, 8, WHERE), source.size);
  return parseHeader(await readExactly(source, 8, length, WHERE), source.size);
}

/** A tensor that graphs take as it lies in the file. */
function deferredOf(
  file: StoredFile | undefined,
  { dtype, shape, offset }: SafetensorsTensor,
): HostTensor | undefined {
  if (!file || dtype !== 'float32' || !littleEndianHost) return undefined;
  const { path, size, changed } = file;
  return deferredTensor(dtype, shape, { path, offset, size, changed }, (target, start) => {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    file.readLater(bytes, offset + start * target.BYTES_PER_ELEMENT);
  });
}

/**
 * Opens a safetensors file; tensors are read one by one when asked for. Its `__metadata__` strings are the values.
 * @throws {CheckpointError} where the header is not valid
 */
export async function openSafetensors(source: RandomAccess): Promise<Checkpoint> {
  const header = await readSafetensorsHeader(source);
  const entries = new Map<string, TensorEntry>();
  for (const { name, dtype, shape, offset, byteLength } of header.tensors) {
    const readBytes = () => readExactly(source, offset, byteLength, `${WHERE}: ${name}`);
    entries.set(name, {
      name,
      dtype,
      shape,
      readBytes,
      read: async (options = {}) =>
        toHostTensor(dtype, shape, await readBytes(), options.as, `${WHERE}: ${name}`),
      deferred: deferredOf(source.file, { name, dtype, shape, offset, byteLength }),
    });
  }
  return { container: 'safetensors', entries, values: new Map<string, CheckpointValue>(header.metadata) };
}

/**
 * All tensors of a safetensors file in memory, floats as float32, integers as int32, booleans as bool.
 *
 * @example
 * ```ts
 * const tensors = parseSafetensors(await readFile('model.safetensors'));
 * tensors.get('conv1.weight')?.shape; // [64, 1, 7, 7]
 * ```
 * @throws {CheckpointError} where the file is not valid
 */
export function parseSafetensors(bytes: Uint8Array): Map<string, HostTensor> {
  if (bytes.byteLength < 8) throw refuse(`expected at least 8 bytes, got ${bytes.byteLength}`);
  const length = headerLength(bytes, bytes.byteLength);
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.byteLength);
  return new Map(
    header.tensors.map(({ name, dtype, shape, offset, byteLength }) => [
      name,
      toHostTensor(dtype, shape, bytes.subarray(offset, offset + byteLength), undefined, `${WHERE}: ${name}`),
    ]),
  );
}

/** What a writer must know of a tensor before its numbers. */
export interface TensorLayout {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
}

/** The header bytes of a safetensors file and the order in which the data must follow. */
export interface SafetensorsPlan {
  readonly header: Uint8Array;
  readonly order: readonly TensorLayout[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Lays a file out: wider types first, then by name, so that every tensor is aligned to its element and the same tensors
 * give the same bytes. For writers that stream; {@link encodeSafetensors} does it in memory.
 */
export function planSafetensors(
  layouts: Iterable<TensorLayout>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsPlan {
  const width = (layout: TensorLayout) => BYTES_PER_ELEMENT[layout.dtype];
  const order = [...layouts].sort((a, b) => width(b) - width(a) || (a.name < b.name ? -1 : 1));
  const pairs: [string, unknown][] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0)
    pairs.push([METADATA_KEY, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  let end = 0;
  for (const layout of order) {
    const count = elementCount(layout.shape);
    if (count === undefined || layout.name === METADATA_KEY) {
      throw new CheckpointError(
        `${WHERE}: expected a usable name and shape, got "${layout.name}" [${layout.shape.join(', ')}]; rename or reshape it.`,
      );
    }
    const begin = end;
    end += count * width(layout);
    pairs.push([
      layout.name,
      { dtype: CODE_OF[layout.dtype], shape: layout.shape, data_offsets: [begin, end] },
    ]);
  }
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length)
    throw new CheckpointError(`${WHERE}: expected distinct names; rename one.`);
  const json = new TextEncoder().encode(
    `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
  const header = new Uint8Array(8 + Math.ceil(json.byteLength / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.byteLength - 8), true);
  header.set(json, 8);
  return { header, order, size: header.byteLength + end };
}

/** How {@link encodeSafetensors} writes. */
export interface EncodeSafetensorsOptions {
  /** Strings kept in the header. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Width of the floats; narrower ones are rounded to nearest. @defaultValue 'float32' */
  readonly floats?: FloatStorage | undefined;
}

/** A safetensors file; the same tensors give the same bytes whatever their order. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  options: EncodeSafetensorsOptions = {},
): Uint8Array {
  const layouts = [...tensors].map(([name, { dtype, shape }]) => ({
    name,
    shape,
    dtype: storedDType(dtype, options.floats),
  }));
  const plan = planSafetensors(layouts, options.metadata);
  const file = new Uint8Array(plan.size);
  file.set(plan.header);
  let offset = plan.header.byteLength;
  for (const { name } of plan.order) {
    const bytes = encodeElements(tensors.get(name)!, options.floats);
    file.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return file;
}
