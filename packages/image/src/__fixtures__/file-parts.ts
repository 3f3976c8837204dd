import { deflateSync, crc32 } from 'node:zlib';

/** Bytes of a text, one a letter. */
export const letters = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export function joinBytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const uint32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

export function pngChunk(type: string, data: Uint8Array | readonly number[] = []): Uint8Array {
  const body = joinBytes(letters(type), data);
  return joinBytes(uint32(data.length), body, uint32(crc32(body)));
}

/** A PNG file around rows of raw bytes, each behind filter 0. */
export function pngFile(picture: {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  /** All rows, without filter bytes. */
  readonly rows: Uint8Array;
  readonly isInterlaced?: boolean;
  readonly before?: readonly Uint8Array[];
  readonly behind?: readonly Uint8Array[];
}): Uint8Array {
  const { width, height, bitDepth, colourType, rows, isInterlaced = false, before = [], behind = [] } = picture;
  const rowBytes = rows.length / height;
  const raw = Array.from({ length: height }, (_, y) => [0, ...rows.subarray(y * rowBytes, (y + 1) * rowBytes)]).flat();
  return joinBytes(
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    pngChunk('IHDR', [...uint32(width), ...uint32(height), bitDepth, colourType, 0, 0, isInterlaced ? 1 : 0]),
    ...before,
    pngChunk('IDAT', deflateSync(Uint8Array.from(raw))),
    ...behind,
    pngChunk('IEND'),
  );
}

/** A TIFF block that states an orientation, as EXIF holds it. */
export function tiffOrientation(
  orientation: number,
  { type = 3, isLittleEndian = false, tag = 0x0112 } = {},
): Uint8Array {
  const bytes = new Uint8Array(26);
  const view = new DataView(bytes.buffer);
  bytes.set(letters(isLittleEndian ? 'II' : 'MM'));
  view.setUint16(2, 42, isLittleEndian);
  view.setUint32(4, 8, isLittleEndian);
  view.setUint16(8, 1, isLittleEndian);
  view.setUint16(10, tag, isLittleEndian);
  view.setUint16(12, type, isLittleEndian);
  view.setUint32(14, 1, isLittleEndian);
  if (type === 4 || type === 9) view.setUint32(18, orientation, isLittleEndian);
  else if (type === 1 || type === 6) view.setUint8(18, orientation);
  else view.setUint16(18, orientation, isLittleEndian);
  return bytes;
}

/** A JPEG file with a segment put behind its start. */
export function withSegment(jpeg: Uint8Array, marker: number, data: Uint8Array): Uint8Array {
  const length = data.length + 2;
  return joinBytes(jpeg.subarray(0, 2), [0xff, marker, length >> 8, length & 255], data, jpeg.subarray(2));
}
