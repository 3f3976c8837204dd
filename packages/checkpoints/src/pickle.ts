import { latin1, PickleMachine, utf8, type PickleHooks } from './pickle-machine.js';
import {
  callGlobal,
  newObject,
  PickleGlobal,
  PickleRecord,
  refusePickle,
  resolveGlobal,
  type PickleValue,
} from './pickle-values.js';

/** The value of a pickle and the offset after its STOP. */
export interface PickleResult {
  readonly value: PickleValue;
  readonly end: number;
  /** Operations executed: a bound for the size of an honest structure. */
  readonly steps: number;
}

const MAX_PROTOCOL = 5;
const MAX_LONG_BYTES = 1024;

/** A little-endian two's complement integer. */
function long(bytes: Uint8Array): number | bigint {
  if (bytes.length > MAX_LONG_BYTES)
    throw refusePickle(`expected an integer of at most ${MAX_LONG_BYTES} bytes, got ${bytes.length}`);
  if (bytes.length === 0) return 0;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .reverse()
    .join('');
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
  const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return exact ? Number(value) : value;
}

function setItems(m: PickleMachine, target: PickleValue, items: readonly PickleValue[]): void {
  const dict = target instanceof PickleRecord ? target.items : target;
  if (!(dict instanceof Map) || items.length % 2 !== 0) throw refusePickle('expected a dictionary and pairs');
  m.hold(target, items);
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
}

function append(m: PickleMachine, target: PickleValue, items: readonly PickleValue[]): void {
  m.hold(target, items);
  if (target instanceof PickleRecord) {
    for (const item of items) target.items.set(target.items.size, item);
    return;
  }
  if (!Array.isArray(target)) throw refusePickle('expected a list');
  for (const item of items) target.push(item);
}

function asArguments(value: PickleValue): readonly PickleValue[] {
  if (!Array.isArray(value)) throw refusePickle('expected a tuple of arguments');
  return value;
}

function asGlobal(value: PickleValue): PickleGlobal {
  if (!(value instanceof PickleGlobal)) throw refusePickle('expected a class, got a value');
  return value;
}

function asText(value: PickleValue): string {
  if (typeof value !== 'string') throw refusePickle('expected text');
  return value;
}

function reduce(m: PickleMachine): void {
  const args = asArguments(m.pop());
  const type = asGlobal(m.pop());
  const value = m.hooks.call?.(type, args) ?? callGlobal(type, args);
  m.charge(sizeOf(value));
  m.pushNew(value, args);
}

/** Entries that a call copied. */
function sizeOf(value: PickleValue): number {
  if (value instanceof Map) return value.size;
  return Array.isArray(value) ? value.length : 0;
}

function create(m: PickleMachine, hasKeywords: boolean): void {
  const keywords = hasKeywords ? m.pop() : undefined;
  const args = asArguments(m.pop());
  const type = asGlobal(m.pop());
  const parts = keywords === undefined ? args : [...args, keywords];
  const value = newObject(type, parts);
  m.charge(sizeOf(value));
  m.pushNew(value, parts);
}

/** Attributes of dictionaries and lists (such as `_metadata`) are dropped; those of records are kept. */
function build(m: PickleMachine): void {
  const state = m.pop();
  const target = m.top();
  if (target instanceof PickleRecord) {
    m.hold(target, [state]);
    target.state = state;
  } else if (!(target instanceof Map) && !Array.isArray(target))
    throw refusePickle('expected an object for BUILD');
}

function persistent(m: PickleMachine): void {
  if (!m.hooks.persistent) throw refusePickle('expected no persistent id here');
  m.push(m.hooks.persistent(m.pop()));
}

function stackGlobal(m: PickleMachine): void {
  const name = asText(m.pop());
  m.pushNew(resolveGlobal(asText(m.pop()), name));
}

function globalLines(m: PickleMachine): void {
  const module = m.line();
  m.pushNew(resolveGlobal(module, m.line()));
}

function protocol(m: PickleMachine): void {
  const version = m.u8();
  if (version > MAX_PROTOCOL)
    throw refusePickle(`expected pickle protocol 0 to ${MAX_PROTOCOL}, got ${version}`);
}

function frame(m: PickleMachine): void {
  const length = m.u64();
  const start = m.at;
  m.take(length);
  m.at = start;
}

function takeTuple(m: PickleMachine, count: number): void {
  const items: PickleValue[] = [];
  for (let i = 0; i < count; i++) items.unshift(m.pop());
  m.pushNew(items, items);
}

function markedTuple(m: PickleMachine): void {
  const items = m.popMark();
  m.pushNew(items, items);
}

type Operation = (m: PickleMachine) => void;

const put =
  (index: (m: PickleMachine) => number): Operation =>
  (m) =>
    m.remember(index(m));
const get =
  (index: (m: PickleMachine) => number): Operation =>
  (m) =>
    m.get(index(m));
const constant =
  (make: () => PickleValue): Operation =>
  (m) =>
    m.push(make());
const text =
  (length: (m: PickleMachine) => number): Operation =>
  (m) =>
    m.push(utf8(m.take(length(m))));
const string =
  (length: (m: PickleMachine) => number): Operation =>
  (m) =>
    m.push(latin1(m.take(length(m))));
const binary =
  (length: (m: PickleMachine) => number): Operation =>
  (m) =>
    m.push(m.take(length(m)).slice());

/** Opcodes of pickle protocols 2 to 5 that data needs. INST, OBJ, EXT and the text opcodes of protocol 0 are left out on purpose. */
const OPERATIONS: Readonly<Record<number, Operation>> = {
  0x80: protocol,
  0x95: frame,
  0x28: (m) => m.mark(),
  0x30: (m) => m.popOrUnmark(),
  0x31: (m) => void m.popMark(),
  0x32: (m) => m.push(m.top()),
  0x4e: constant(() => null),
  0x88: constant(() => true),
  0x89: constant(() => false),
  0x4a: (m) => m.push(m.i32()),
  0x4b: (m) => m.push(m.u8()),
  0x4d: (m) => m.push(m.u16()),
  0x47: (m) => m.push(m.f64()),
  0x8a: (m) => m.push(long(m.take(m.u8()))),
  0x8b: (m) => m.push(long(m.take(m.u32()))),
  0x8c: text((m) => m.u8()),
  0x58: text((m) => m.u32()),
  0x8d: text((m) => m.u64()),
  0x55: string((m) => m.u8()),
  0x54: string((m) => m.u32()),
  0x43: binary((m) => m.u8()),
  0x42: binary((m) => m.u32()),
  0x8e: binary((m) => m.u64()),
  0x96: binary((m) => m.u64()),
  0x7d: (m) => m.pushNew(new Map()),
  0x5d: (m) => m.pushNew([]),
  0x29: (m) => m.pushNew([]),
  0x8f: (m) => m.pushNew([]),
  0x74: markedTuple,
  0x91: markedTuple,
  0x85: (m) => takeTuple(m, 1),
  0x86: (m) => takeTuple(m, 2),
  0x87: (m) => takeTuple(m, 3),
  0x61: (m) => {
    const item = m.pop();
    append(m, m.top(), [item]);
  },
  0x65: (m) => {
    const items = m.popMark();
    append(m, m.top(), items);
  },
  0x90: (m) => {
    const items = m.popMark();
    append(m, m.top(), items);
  },
  0x73: (m) => {
    const value = m.pop();
    const key = m.pop();
    setItems(m, m.top(), [key, value]);
  },
  0x75: (m) => {
    const items = m.popMark();
    setItems(m, m.top(), items);
  },
  0x71: put((m) => m.u8()),
  0x72: put((m) => m.u32()),
  0x94: put((m) => m.memo.size),
  0x68: get((m) => m.u8()),
  0x6a: get((m) => m.u32()),
  0x63: globalLines,
  0x93: stackGlobal,
  0x52: reduce,
  0x62: build,
  0x81: (m) => create(m, false),
  0x92: (m) => create(m, true),
  0x51: persistent,
};

const STOP = 0x2e;

/**
 * Reads one pickle. Nothing is imported, looked up or called: names become inert objects, and calls are refused unless they
 * are on a short list of plain containers or the container file format gives them a meaning.
 * @throws {CheckpointError} for anything else, and for damaged data
 */
export function readPickle(bytes: Uint8Array, start = 0, hooks: PickleHooks = {}): PickleResult {
  const machine = new PickleMachine(bytes, start, hooks);
  for (let steps = 1; ; steps++) {
    const opcode = machine.u8();
    if (opcode === STOP) return { value: machine.pop(), end: machine.at, steps };
    const operation = OPERATIONS[opcode];
    if (!operation)
      throw refusePickle(`expected a known opcode at ${machine.at - 1}, got 0x${opcode.toString(16)}`);
    operation(machine);
  }
}
