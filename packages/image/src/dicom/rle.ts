import { damagedDicom } from './errors.js';

const HEADER_BYTES = 64;

/**
 * The cells of a run-length encoded frame: one segment a byte of the cell, the most significant first.
 *
 * Source: DICOM PS3.5, annex G.
 * @throws `ImageError` where segments are missing, cut off or too long
 */
export function decodeRle(bytes: Uint8Array, cells: number, bytesPerCell: 1 | 2): Uint8Array | Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== bytesPerCell)
    throw damagedDicom('its run lengths have another number of segments than its cells have bytes');
  const starts = Array.from({ length: bytesPerCell }, (_, segment) => view.getUint32(4 + 4 * segment, true));
  const segments = starts.map((start, index) => {
    const end = starts[index + 1] ?? bytes.length;
    if (start < HEADER_BYTES || end < start || end > bytes.length)
      throw damagedDicom('a segment of its run lengths lies outside');
    return decodeSegment(bytes.subarray(start, end), cells);
  });
  const [high, low] = segments as [Uint8Array, Uint8Array | undefined];
  if (!low) return high;
  const joined = new Uint16Array(cells);
  for (let at = 0; at < cells; at++) joined[at] = (high[at]! << 8) | low[at]!;
  return joined;
}

/** PackBits: a count of literal bytes, or of repeats of one byte. */
function decodeSegment(bytes: Uint8Array, length: number): Uint8Array {
  const decoded = new Uint8Array(length);
  let into = 0;
  for (let at = 0; into < length;) {
    const code = bytes[at++];
    if (code === undefined) throw damagedDicom('pixels are missing from its run lengths');
    if (code === 128) continue;
    const isRun = code > 128;
    const count = isRun ? 257 - code : code + 1;
    if (into + count > length || at + (isRun ? 1 : count) > bytes.length)
      throw damagedDicom('a run of its pixels is cut off or too long');
    if (isRun) decoded.fill(bytes[at]!, into, into + count);
    else decoded.set(bytes.subarray(at, at + count), into);
    at += isRun ? 1 : count;
    into += count;
  }
  return decoded;
}
