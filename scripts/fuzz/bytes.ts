type Part = Uint8Array | readonly number[];

export const join = (...parts: readonly Part[]): Uint8Array => joinAll(parts);

/** All parts in one; there may be more of them than a call takes arguments. */
export function joinAll(parts: readonly Part[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytes of a text, one a letter. */
export const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255);

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const littleEndian = (value: number, width: 2 | 4 | 8): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, width);
};

export const bigEndian = (value: number, width: 2 | 4 | 8): Uint8Array =>
  littleEndian(value, width).slice().reverse();

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The file with other bytes in place of some. */
export const splice = (
  file: Uint8Array,
  at: number,
  removed: number,
  inserted: Uint8Array | readonly number[] = [],
): Uint8Array => join(file.subarray(0, at), inserted, file.subarray(at + removed));
