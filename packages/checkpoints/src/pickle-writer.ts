import { CheckpointError } from '@crrg/core';
import { joinBytes } from './zip-writer.js';

const MARK = 0x28;
const TUPLE = 0x74;

/** Assembles a pickle of protocol 2 from the operations that plain data and torch's tensors need. @internal */
export class PickleWriter {
  private readonly pieces: Uint8Array[] = [Uint8Array.of(0x80, 2)];

  /** Operations of one byte each. */
  operations(...codes: readonly number[]): this {
    this.pieces.push(Uint8Array.from(codes));
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    const head = new Uint8Array(5);
    head[0] = 0x58;
    new DataView(head.buffer).setUint32(1, bytes.length, true);
    this.pieces.push(head, bytes);
    return this;
  }

  /** A Python int where the number is whole, a float otherwise. */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.float(value);
    const bytes = new Uint8Array(10);
    const view = new DataView(bytes.buffer);
    if (value >= -(2 ** 31) && value < 2 ** 31) {
      bytes[0] = 0x4a;
      view.setInt32(1, value, true);
      this.pieces.push(bytes.subarray(0, 5));
    } else {
      bytes.set([0x8a, 8]);
      view.setBigInt64(2, BigInt(value), true);
      this.pieces.push(bytes);
    }
    return this;
  }

  /** None, True or False. */
  constant(value: boolean | null): this {
    return this.operations(value === null ? 0x4e : value ? 0x88 : 0x89);
  }

  /** A class or function by name. */
  global(module: string, name: string): this {
    this.pieces.push(new TextEncoder().encode(`c${module}\n${name}\n`));
    return this;
  }

  /** A tuple of what `write` writes. */
  tuple(write: () => void): this {
    this.operations(MARK);
    write();
    return this.operations(TUPLE);
  }

  /** A list of what `write` writes. */
  list(write: () => void): this {
    this.operations(0x5d, MARK);
    write();
    return this.operations(0x65);
  }

  /** A dictionary of the keys and values that `write` writes in turn. */
  dictionary(write: () => void): this {
    this.operations(0x7d, MARK);
    write();
    return this.operations(0x75);
  }

  toBytes(): Uint8Array {
    return joinBytes([...this.pieces, Uint8Array.of(0x2e)]);
  }

  private float(value: number): this {
    if (Number.isNaN(value)) throw new CheckpointError('checkpoints.torch: expected a number, got NaN.');
    const bytes = new Uint8Array(9);
    bytes[0] = 0x47;
    new DataView(bytes.buffer).setFloat64(1, value, false);
    this.pieces.push(bytes);
    return this;
  }
}
