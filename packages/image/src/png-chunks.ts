import { unzlibSync } from 'fflate';
import {
  readExifOrientation,
  readXmpOrientation,
  chooseOrientation,
  type StatedOrientation,
} from './exif.js';

/** A chunk of a PNG file. */
export interface PngChunk {
  readonly type: string;
  /** Where the chunk begins, at its length. */
  readonly at: number;
  readonly data: Uint8Array;
}

/** The chunks from the header to the end, as far as the file holds them whole. */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) return;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, at, data: bytes.subarray(at + 8, end - 4) };
    if (type === 'IEND') return;
    at = end;
  }
}

/** What the chunks beside the pixels state: eXIf or ImageMagick's raw profiles, XMP, and the significant bits. */
export function readPngMetadata(
  bytes: Uint8Array,
): StatedOrientation & { readonly significantBits?: number } {
  let exif: StatedOrientation | undefined;
  let profile: StatedOrientation | undefined;
  let xmp: number | undefined;
  let significantBits: number | undefined;
  for (const { type, data } of pngChunks(bytes)) {
    if (type === 'eXIf') exif ??= readExifOrientation(data);
    if (type === 'sBIT' && data.length > 0) significantBits ??= Math.max(...data.subarray(0, 3));
    const text = readText(type, data);
    if (text?.keyword === 'XML:com.adobe.xmp') xmp ??= readXmpOrientation(text.value);
    if (text && /^Raw profile type (exif|APP1)$/i.test(text.keyword)) profile ??= readRawProfile(text.value);
  }
  return {
    ...chooseOrientation(exif ?? profile, xmp),
    ...(significantBits !== undefined && { significantBits }),
  };
}

interface PngText {
  readonly keyword: string;
  readonly value: Uint8Array;
}

/** The keyword and bytes of a `tEXt`, `zTXt` or `iTXt` chunk of metadata that may hold an orientation. */
function readText(type: string, data: Uint8Array): PngText | undefined {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return undefined;
  const end = data.subarray(0, 80).indexOf(0);
  const keyword = new TextDecoder('latin1').decode(data.subarray(0, Math.max(0, end)));
  if (!/^(Raw profile type |XML:com\.adobe\.xmp$)/.test(keyword)) return undefined;
  if (type === 'tEXt') return { keyword, value: data.subarray(end + 1) };
  if (type === 'zTXt') return { keyword, value: inflate(data.subarray(end + 2)) };
  const afterLanguage = data.indexOf(0, end + 3);
  const afterTranslation = afterLanguage < 0 ? -1 : data.indexOf(0, afterLanguage + 1);
  if (afterTranslation < 0) return undefined;
  const value = data.subarray(afterTranslation + 1);
  return { keyword, value: data[end + 1] === 1 ? inflate(value) : value };
}

/** Most bytes of metadata that are worth reading. */
const MOST_METADATA = 1024 * 1024;

/** The first megabyte; nothing of what is damaged. */
function inflate(data: Uint8Array): Uint8Array {
  try {
    return unzlibSync(data.subarray(0, MOST_METADATA), { out: new Uint8Array(MOST_METADATA) });
  } catch {
    return new Uint8Array();
  }
}

/** EXIF written as hexadecimal text, below a name and a length, as ImageMagick and exiftool do. */
function readRawProfile(text: Uint8Array): StatedOrientation | undefined {
  const lines = new TextDecoder('latin1').decode(text).trim().split('\n');
  const digits = lines.slice(2).join('').replace(/\s+/g, '');
  const bytes = Uint8Array.from(digits.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
  return readExifOrientation(bytes);
}
