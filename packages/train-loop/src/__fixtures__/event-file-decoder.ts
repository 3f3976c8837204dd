/** What the decoder found in one record. */
export interface DecodedEvent {
  wallTime?: number;
  fileVersion?: string;
  step?: number;
  tag?: string;
  value?: number;
}

/** CRC-32C bit by bit, so that the writer's table is checked by other code. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) crc = ((crc ^ (byte >> bit)) & 1 ? 0x82f63b78 : 0) ^ (crc >>> 1);
  }
  return ~crc >>> 0;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** Reads an event file and checks lengths and checksums. */
export function decodeRecords(file: Uint8Array): DecodedEvent[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const events: DecodedEvent[] = [];
  for (let offset = 0; offset < file.length; ) {
    const length = Number(view.getBigUint64(offset, true));
    const data = file.subarray(offset + 12, offset + 12 + length);
    const sums = [unmask(view.getUint32(offset + 8, true)), unmask(view.getUint32(offset + 12 + length, true))];
    if (sums[0] !== slowCrc(file.subarray(offset, offset + 8)) || sums[1] !== slowCrc(data)) throw new Error(`bad checksum at ${offset}`);
    events.push(decodeEvent(data));
    offset += length + 16;
  }
  return events;
}

function decodeEvent(data: Uint8Array): DecodedEvent {
  const event: DecodedEvent = {};
  for (const { field, value } of fields(data)) {
    if (field === 1) event.wallTime = new DataView((value as Uint8Array).slice().buffer).getFloat64(0, true);
    if (field === 2) event.step = value as number;
    if (field === 3) event.fileVersion = new TextDecoder().decode(value as Uint8Array);
    if (field === 5) Object.assign(event, decodeSummary(value as Uint8Array));
  }
  return event;
}

function decodeSummary(data: Uint8Array): DecodedEvent {
  const event: DecodedEvent = {};
  for (const { value } of fields(data)) {
    for (const part of fields(value as Uint8Array)) {
      if (part.field === 1) event.tag = new TextDecoder().decode(part.value as Uint8Array);
      if (part.field === 2) event.value = new DataView((part.value as Uint8Array).slice().buffer).getFloat32(0, true);
    }
  }
  return event;
}

function* fields(data: Uint8Array): Generator<{ field: number; value: number | Uint8Array }> {
  let offset = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;; scale *= 128) {
      const byte = data[offset++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (offset < data.length) {
    const key = varint();
    const wireType = key & 7;
    if (wireType === 0) {
      yield { field: key >> 3, value: varint() };
      continue;
    }
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : varint();
    yield { field: key >> 3, value: data.subarray(offset, offset + length) };
    offset += length;
  }
}
