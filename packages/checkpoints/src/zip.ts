import { CheckpointError } from '@crrg/core';
import { readExactly, type RandomAccess } from './random-access.js';

const END = 0x06054b50;
const END_SIZE = 22;
const END64 = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_SIZE = 20;
const CENTRAL = 0x02014b50;
const CENTRAL_SIZE = 46;
const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;
const MAX_COMMENT = 0xffff;
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;
const ENCRYPTED = 1;
const STORED = 0;

/** One file of a zip. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  /** Its data cannot be read here. */
  readonly isCompressed: boolean;
  /** Bytes in the archive. */
  readonly packedSize: number;
  readonly crc32: number;
  readonly headerOffset: number;
}

function refuse(
  problem: string,
  advice = 'the file is cut, damaged or hostile, fetch it again',
): CheckpointError {
  return new CheckpointError(`checkpoints.zip: ${problem}; ${advice}.`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function u64(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse(`expected a size or offset, got ${value}`);
  return Number(value);
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
  /** Where the end records begin; the directory must end there. */
  readonly limit: number;
}

/** The last end record whose comment reaches exactly to the end of the file. */
async function findEnd(source: RandomAccess): Promise<{ at: number; view: DataView }> {
  const length = Math.min(source.size, END_SIZE + MAX_COMMENT);
  const tail = await readExactly(source, source.size - length, length, 'checkpoints.zip');
  const view = viewOf(tail);
  for (let at = length - END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || view.getUint16(at + 20, true) !== length - at - END_SIZE)
      continue;
    return { at: source.size - length + at, view: viewOf(tail.subarray(at, at + END_SIZE)) };
  }
  throw refuse('expected an end-of-directory record, got none');
}

async function readDirectoryPlace(source: RandomAccess): Promise<Directory> {
  const end = await findEnd(source);
  const zip64 = await readEnd64(source, end.at);
  if (zip64) return zip64;
  const { view } = end;
  if (view.getUint16(4, true) !== 0 || view.getUint16(6, true) !== 0)
    throw refuse('expected a zip in one part');
  return {
    count: view.getUint16(10, true),
    size: view.getUint32(12, true),
    offset: view.getUint32(16, true),
    limit: end.at,
  };
}

async function readEnd64(source: RandomAccess, endAt: number): Promise<Directory | undefined> {
  if (endAt < LOCATOR64_SIZE + END64_SIZE) return undefined;
  const locator = viewOf(
    await readExactly(source, endAt - LOCATOR64_SIZE, LOCATOR64_SIZE, 'checkpoints.zip'),
  );
  if (locator.getUint32(0, true) !== LOCATOR64) return undefined;
  const at = u64(locator, 8);
  if (at + END64_SIZE > endAt - LOCATOR64_SIZE)
    throw refuse('expected the zip64 end record before its locator');
  const record = viewOf(await readExactly(source, at, END64_SIZE, 'checkpoints.zip'));
  if (record.getUint32(0, true) !== END64) throw refuse('expected a zip64 end record');
  return { count: u64(record, 32), size: u64(record, 40), offset: u64(record, 48), limit: at };
}

/** Sizes and offset of a central header, from its zip64 extra field where the 32-bit fields say so. */
function readSizes(
  view: DataView,
  at: number,
  extraAt: number,
  extraEnd: number,
): { packed: number; size: number; headerOffset: number } {
  const short = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const needed = short.filter((value) => value === IN_ZIP64).length;
  const wide: number[] = [];
  for (
    let field = extraAt;
    field + 4 <= extraEnd && needed > 0;
    field += 4 + view.getUint16(field + 2, true)
  ) {
    const length = view.getUint16(field + 2, true);
    if (view.getUint16(field, true) !== ZIP64_FIELD || field + 4 + length > extraEnd) continue;
    for (let i = 0; i < needed && 8 * (i + 1) <= length; i++) wide.push(u64(view, field + 4 + 8 * i));
    break;
  }
  if (wide.length < needed) throw refuse('expected a zip64 field with 64-bit sizes');
  const [size, packed, headerOffset] = short.map((value) => (value === IN_ZIP64 ? wide.shift()! : value)) as [
    number,
    number,
    number,
  ];
  return { size, packed, headerOffset };
}

function checkName(name: string): void {
  const parts = name.split(/[/\\]/);
  if (name === '' || name.includes('\0') || /^([/\\]|[A-Za-z]:)/.test(name) || parts.includes('..')) {
    throw refuse(`expected a relative entry name, got ${JSON.stringify(name)}`);
  }
}

function parseEntry(view: DataView, at: number, bytes: Uint8Array): { entry: ZipEntry; end: number } {
  if (at + CENTRAL_SIZE > bytes.length || view.getUint32(at, true) !== CENTRAL)
    throw refuse('expected another directory entry');
  const nameEnd = at + CENTRAL_SIZE + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const end = extraEnd + view.getUint16(at + 32, true);
  if (end > bytes.length) throw refuse('expected a directory entry inside the directory');
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_SIZE, nameEnd));
  checkName(name);
  if (view.getUint16(at + 8, true) & ENCRYPTED)
    throw refuse(`expected "${name}" without encryption`, 'unpack the archive with its password');
  const isCompressed = view.getUint16(at + 10, true) !== STORED;
  const { size, packed, headerOffset } = readSizes(view, at, nameEnd, extraEnd);
  if (size !== packed && !isCompressed)
    throw refuse(`expected equal sizes of the stored entry "${name}", got ${packed} and ${size}`);
  const checksum = view.getUint32(at + 16, true);
  return { entry: { name, size, isCompressed, packedSize: packed, crc32: checksum, headerOffset }, end };
}

/** Entries lie one behind the other before the directory. */
function checkPlaces(entries: Iterable<ZipEntry>, directoryOffset: number): void {
  let free = 0;
  const minimum = (entry: ZipEntry) =>
    LOCAL_SIZE + new TextEncoder().encode(entry.name).length + entry.packedSize;
  for (const entry of [...entries].sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (entry.headerOffset < free)
      throw refuse(`expected separate entries, got "${entry.name}" inside another one`);
    free = entry.headerOffset + minimum(entry);
    if (free > directoryOffset)
      throw refuse(`expected "${entry.name}" before the directory, got an end at ${free}`);
  }
}

/**
 * The directory of a zip, checked: one part, no encryption, unique relative names, entries that do not overlap and lie inside
 * the file. Only the directory is read. Files over 4 GiB (zip64) are understood.
 * @throws {CheckpointError}
 */
export async function readZipDirectory(source: RandomAccess): Promise<Map<string, ZipEntry>> {
  if (source.size < END_SIZE) throw refuse(`expected at least ${END_SIZE} bytes, got ${source.size}`);
  const { count, offset, size, limit } = await readDirectoryPlace(source);
  if (offset + size !== limit)
    throw refuse(`expected the directory to end at ${limit}, got ${offset + size}`);
  if (count * CENTRAL_SIZE > size)
    throw refuse(`expected at most ${Math.floor(size / CENTRAL_SIZE)} entries, got ${count}`);
  const bytes = await readExactly(source, offset, size, 'checkpoints.zip');
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  while (at < bytes.length) {
    const { entry, end } = parseEntry(view, at, bytes);
    if (entries.has(entry.name)) throw refuse(`expected one entry "${entry.name}", got two`);
    entries.set(entry.name, entry);
    at = end;
  }
  if (entries.size !== count) throw refuse(`expected ${count} entries, got ${entries.size}`);
  checkPlaces(entries.values(), offset);
  return entries;
}

/**
 * Where an entry's data begin, from its local header, which must name the same entry.
 * @throws {CheckpointError} also for a compressed entry
 */
export async function locateZipEntry(source: RandomAccess, entry: ZipEntry): Promise<number> {
  if (entry.isCompressed)
    throw refuse(
      `expected "${entry.name}" stored without compression`,
      'use the file as torch.save wrote it, not one that was packed again',
    );
  const where = `checkpoints.zip: ${entry.name}`;
  const header = viewOf(await readExactly(source, entry.headerOffset, LOCAL_SIZE, where));
  if (header.getUint32(0, true) !== LOCAL) throw refuse(`expected a local header for "${entry.name}"`);
  const nameLength = header.getUint16(26, true);
  const name = await readExactly(source, entry.headerOffset + LOCAL_SIZE, nameLength, where);
  if (new TextDecoder().decode(name) !== entry.name)
    throw refuse(`expected the local header of "${entry.name}", got another one`);
  const start = entry.headerOffset + LOCAL_SIZE + nameLength + header.getUint16(28, true);
  if (start + entry.size > source.size) throw refuse(`expected "${entry.name}" inside the file`);
  return start;
}

export function refuseChecksum(name: string): CheckpointError {
  return refuse(`expected the checksum of "${name}" to fit its bytes`);
}
