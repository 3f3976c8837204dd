import { CheckpointError } from '@crrg/core';
import {
  PickleRecord,
  refusePickle,
  type PickleDict,
  type PickleGlobal,
  type PickleValue,
} from './pickle-values.js';

/** The pickle goes on beyond the bytes given: more of the file is needed, or the file is cut. */
export class PickleTruncatedError extends CheckpointError {
  override name = 'PickleTruncatedError';
}

/** What a container adds to the pickle language. */
export interface PickleHooks {
  /** The value of a persistent id. @throws {CheckpointError} */
  persistent?(id: PickleValue): PickleValue;
  /** A call that the container understands, such as the rebuilding of a tensor; undefined where it does not. */
  call?(type: PickleGlobal, args: readonly PickleValue[]): PickleValue | undefined;
}

/** Containers inside containers. */
const MAX_DEPTH = 256;
const MAX_STACK = 2 ** 20;
/** Containers and objects that any pickle may make, and one more for each so many of its bytes: honest files have fewer. */
const FREE_OBJECTS = 2 ** 16;
const BYTES_PER_OBJECT = 8;

/** A stack machine that can only put data together, and not more than a pickle of this length can mean. */
export class PickleMachine {
  readonly stack: PickleValue[] = [];
  readonly marks: number[] = [];
  readonly memo = new Map<number, PickleValue>();
  private readonly view: DataView;
  private readonly maxObjects: number;
  private objects = 0;
  /** Levels of containers that hold containers; 1 for all others. */
  private readonly depths = new WeakMap<object, number>();

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    readonly hooks: PickleHooks,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.maxObjects = FREE_OBJECTS + Math.floor((bytes.length - at) / BYTES_PER_OBJECT);
  }

  /** Advances over `length` bytes and gives where they began. */
  private advance(length: number): number {
    const start = this.at;
    if (length > this.bytes.length - start) {
      throw new PickleTruncatedError(
        `checkpoints.pickle: expected ${length} bytes at ${start}, got the end; the file is cut or damaged.`,
      );
    }
    this.at = start + length;
    return start;
  }

  u8 = () => this.view.getUint8(this.advance(1));
  u16 = () => this.view.getUint16(this.advance(2), true);
  u32 = () => this.view.getUint32(this.advance(4), true);
  i32 = () => this.view.getInt32(this.advance(4), true);
  f64 = () => this.view.getFloat64(this.advance(8), false);

  u64(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refusePickle(`expected a length, got ${value}`);
    return Number(value);
  }

  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    const line = this.take(end < 0 ? this.bytes.length - this.at + 1 : end - this.at);
    this.advance(1);
    return utf8(line);
  }

  push(value: PickleValue): void {
    if (this.stack.length >= MAX_STACK) throw refusePickle(`expected at most ${MAX_STACK} values at a time`);
    this.stack.push(value);
  }

  /** Counts new objects of `size` entries in all. */
  charge(size = 1): void {
    this.objects += size;
    if (this.objects > this.maxObjects)
      throw refusePickle(`expected at most ${this.maxObjects} objects in a file of this size, got more`);
  }

  /** Pushes a container or object that was just made of `parts`. */
  pushNew(value: PickleValue, parts: readonly PickleValue[] = []): void {
    this.charge();
    this.hold(value, parts);
    this.push(value);
  }

  /** Notes that `target` holds `parts`. */
  hold(target: PickleValue, parts: readonly PickleValue[]): void {
    let depth = 0;
    for (const part of parts) depth = Math.max(depth, this.depthOf(part));
    if (depth === 0 || !isNested(target) || depth < this.depthOf(target)) return;
    if (depth >= MAX_DEPTH) throw refusePickle(`expected at most ${MAX_DEPTH} levels of nesting, got more`);
    this.depths.set(target, depth + 1);
  }

  private depthOf(value: PickleValue): number {
    return isNested(value) ? (this.depths.get(value) ?? 1) : 0;
  }

  mark(): void {
    if (this.marks.length >= MAX_DEPTH)
      throw refusePickle(`expected at most ${MAX_DEPTH} levels of nesting, got more`);
    this.marks.push(this.stack.length);
  }

  remember(index: number): void {
    if (this.memo.size >= this.maxObjects && !this.memo.has(index))
      throw refusePickle(`expected at most ${this.maxObjects} memo entries in a file of this size, got more`);
    this.memo.set(index, this.top());
  }

  pop(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0))
      throw refusePickle('expected a value on the stack, got none');
    return this.stack.pop()!;
  }

  top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw refusePickle('expected a mark on the stack, got none');
    return this.stack.splice(mark);
  }

  popOrUnmark(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop();
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw refusePickle(`expected a memo entry ${index}, got none`);
    this.push(value);
  }
}

function isNested(value: PickleValue): value is PickleValue[] | PickleDict | PickleRecord {
  return Array.isArray(value) || value instanceof Map || value instanceof PickleRecord;
}

export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusePickle('expected UTF-8 text');
  }
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
