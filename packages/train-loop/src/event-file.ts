import { ProtobufMessage } from '@crrg/core';

/** CRC-32C (Castagnoli), reflected polynomial. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
});

/** The CRC-32C of bytes, unsigned. Source: RFC 3720, appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum that a TFRecord stores: rotated by 15 bits, plus a constant. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One value of a TensorBoard curve. */
export interface ScalarEvent {
  readonly tag: string;
  readonly value: number;
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** The record with which an event file begins. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return encodeRecord(new ProtobufMessage().double(1, wallTime).string(3, 'brain.Event:2'));
}

/** One scalar as a record of a TensorBoard event file: `Event { wall_time, step, summary { value { tag, simple_value } } }`. */
export function encodeScalar(event: ScalarEvent): Uint8Array {
  const value = new ProtobufMessage().string(1, event.tag).float(2, event.value);
  const summary = new ProtobufMessage().message(1, value);
  return encodeRecord(new ProtobufMessage().double(1, event.wallTime).int(2, event.step).message(5, summary));
}

/** A TFRecord: little-endian length (8 bytes), its checksum, the data, its checksum. */
function encodeRecord(message: ProtobufMessage): Uint8Array {
  const data = message.toBytes();
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
