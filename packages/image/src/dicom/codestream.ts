import { damagedDicom, refusedDicom } from './errors.js';

/** What the header of a JPEG-LS or JPEG 2000 codestream states of its samples. */
export interface CodestreamHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly isSigned: boolean;
}

const SOC = 0xff4f;
const SIZ = 0xff51;
const SOT = 0xff90;
const EOC = 0xffd9;
const JPEG_LS_FRAME = 0xf7;

/**
 * The header of a whole JPEG 2000 codestream, high-throughput or not. Every tile must be there, and every tile-part reach to the next:
 * decoders fill what is missing with grey.
 *
 * Source: ITU-T T.800, annex A.
 * @throws `ImageError` where it has several channels, or is damaged or cut off
 */
export function readJpeg2000Header(bytes: Uint8Array): CodestreamHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 60 || view.getUint16(0) !== SOC || view.getUint16(2) !== SIZ)
    throw damagedDicom('its JPEG 2000 data have no header');
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at)) as Four;
  const [tileWidth, tileHeight, tileLeft, tileTop] = [24, 28, 32, 36].map((at) => view.getUint32(at)) as Four;
  if (view.getUint16(40) !== 1) throw refusedDicom('a picture in colour', 'export it as one grey film');
  if (right <= left || bottom <= top || tileWidth === 0 || tileHeight === 0)
    throw damagedDicom('its JPEG 2000 header makes no sense');
  if (view.getUint8(43) !== 1 || view.getUint8(44) !== 1)
    throw damagedDicom('its JPEG 2000 data are subsampled');
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  assertAllTiles(bytes, view, tiles);
  const depth = view.getUint8(42);
  return { width: right - left, height: bottom - top, bits: (depth & 0x7f) + 1, isSigned: depth > 0x7f };
}

type Four = [number, number, number, number];

function assertAllTiles(bytes: Uint8Array, view: DataView, tiles: number): void {
  const seen = new Set<number>();
  let at = 2;
  while (at + 4 <= bytes.length && view.getUint16(at) !== SOT) at += 2 + view.getUint16(at + 2);
  while (at + 12 <= bytes.length && view.getUint16(at) === SOT) {
    seen.add(view.getUint16(at + 4));
    const length = view.getUint32(at + 6);
    at = length === 0 ? lastMarker(bytes) : at + Math.max(length, 14);
  }
  const isClosed = at + 2 <= bytes.length && view.getUint16(at) === EOC;
  if (!isClosed || seen.size !== tiles) throw damagedDicom('its JPEG 2000 data are cut off');
}

/** Where the end marker lies, before padding: zeros, or one byte of any value. A last tile-part without a length reaches to it. */
function lastMarker(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end -= 1;
  const isPadded =
    bytes[end - 1] !== (EOC & 0xff) && bytes[end - 2] === (EOC & 0xff) && bytes[end - 3] === EOC >> 8;
  return isPadded ? end - 3 : end - 2;
}

const JP2_SIGNATURE = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20];
const CODESTREAM_BOX = 0x6a703263;

/**
 * The codestream in JPEG 2000 data that some writers put into the boxes of a JP2 file, which DICOM does not allow; other data as they are.
 *
 * Source: ITU-T T.800, annex I.
 */
export function withoutBoxes(bytes: Uint8Array): Uint8Array {
  if (!JP2_SIGNATURE.every((byte, index) => bytes[index] === byte)) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at) || bytes.length - at;
    if (length < 8) break;
    if (view.getUint32(at + 4) === CODESTREAM_BOX) return bytes.subarray(at + 8, at + length);
    at += length;
  }
  return bytes;
}

/**
 * The frame header of a JPEG-LS codestream that ends with its end marker.
 *
 * Source: ITU-T T.87, annex C.
 * @throws `ImageError` where it has several channels, or is damaged or cut off
 */
export function readJpegLsHeader(bytes: Uint8Array): CodestreamHeader {
  const end = lastMarker(bytes);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[end] !== 0xff || bytes[end + 1] !== 0xd9)
    throw damagedDicom('its JPEG-LS data are cut off');
  for (let at = 2; at + 11 <= bytes.length && bytes[at] === 0xff;) {
    if (bytes[at + 1] !== JPEG_LS_FRAME) {
      at += 2 + (bytes[at + 2]! << 8) + bytes[at + 3]!;
      continue;
    }
    if (bytes[at + 9] !== 1) throw refusedDicom('a picture in colour', 'export it as one grey film');
    return {
      bits: bytes[at + 4]!,
      height: (bytes[at + 5]! << 8) | bytes[at + 6]!,
      width: (bytes[at + 7]! << 8) | bytes[at + 8]!,
      isSigned: false,
    };
  }
  throw damagedDicom('its JPEG-LS data have no frame header');
}
