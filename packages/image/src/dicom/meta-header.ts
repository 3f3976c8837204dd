import { damagedDicom } from './errors.js';

/** What the meta header of a file states, and where the data set behind it begins. */
export interface MetaHeader {
  readonly syntaxUid: string | undefined;
  readonly classUid: string | undefined;
  readonly end: number;
}

const META_GROUP = 0x0002;
const CLASS_UID = 0x0002;
const SYNTAX_UID = 0x0010;
const LONGEST_UID = 64;
/** Value representations whose length has four bytes, behind two empty ones. */
const LONG_LENGTH = /^(OB|OD|OF|OL|OV|OW|SQ|SV|UC|UN|UR|UT|UV)$/;

/**
 * Walks the elements of group 2, which are explicit and little endian in every file: DICOM PS3.10, 7.1.
 * @throws `ImageError` where one of them reaches behind the end of the file
 */
export function readMetaHeader(bytes: Uint8Array, start: number): MetaHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const uids = new Map<number, string>();
  let at = start;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === META_GROUP) {
    const element = view.getUint16(at + 2, true);
    const isLong = LONG_LENGTH.test(String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!));
    const value = at + (isLong ? 12 : 8);
    if (value > bytes.length) throw damagedDicom('its meta header is cut off');
    const end = value + (isLong ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true));
    if (end > bytes.length) throw damagedDicom('its meta header is cut off');
    if (end - value <= LONGEST_UID) uids.set(element, uidOf(bytes.subarray(value, end)));
    at = end;
  }
  return { syntaxUid: uids.get(SYNTAX_UID), classUid: uids.get(CLASS_UID), end: at };
}

function uidOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/[\0 ]+$/, '');
}
