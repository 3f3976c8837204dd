const encoder = new TextEncoder();

/**
 * A protocol buffers message under construction. Data given to {@link ProtobufMessage.bytes} is referenced, not copied, until
 * {@link ProtobufMessage.toBytes} writes everything once.
 */
export class ProtobufMessage {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** An int32, int64, bool or enum field. */
  int(field: number, value: number): this {
    return this.push(varint(field * 8)).push(varint(value));
  }

  float(field: number, value: number): this {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setFloat32(0, value, true);
    return this.push(varint(field * 8 + 5)).push(data);
  }

  double(field: number, value: number): this {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setFloat64(0, value, true);
    return this.push(varint(field * 8 + 1)).push(data);
  }

  bytes(field: number, data: Uint8Array): this {
    return this.push(varint(field * 8 + 2))
      .push(varint(data.length))
      .push(data);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, child: ProtobufMessage): this {
    this.push(varint(field * 8 + 2)).push(varint(child.length));
    for (const chunk of child.chunks) this.push(chunk);
    return this;
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  private push(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}
