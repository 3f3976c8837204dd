/** Where the data of a DICOM file begin, and how they are written as far as that is not stated by a meta header. */
export interface DicomLayout {
  /** Byte of the first element of the meta header, or of the data set where there is none. */
  readonly start: number;
  /** The transfer syntax that the first element shows; undefined where a meta header states it. */
  readonly guessedSyntax?: string | undefined;
}

const PREAMBLE_BYTES = 128;
/** The class of a DICOMDIR, the index of a disk. */
export const MEDIA_DIRECTORY = '1.2.840.10008.1.3.10';
/** The element of a meta header that states the class: tag 0002,0002 with a UID of 20 letters. */
const MEDIA_DIRECTORY_ELEMENT = `\u0002\0\u0002\0UI\u0014\0${MEDIA_DIRECTORY}`;
/** It follows a length and a version. */
const META_START_BYTES = 256;
const IDENTIFYING_GROUP = 0x0008;
const META_GROUP = 0x0002;
/** A first element is short: a length, a character set or a UID. */
const LONGEST_FIRST_VALUE = 1024;

/**
 * How a DICOM file begins: with a preamble and `DICM`, or bare with its meta header, or bare with its data set, as old archives
 * store it. Undefined for any other file.
 */
export function detectLayout(bytes: Uint8Array): DicomLayout | undefined {
  if (hasLetters(bytes, PREAMBLE_BYTES)) return { start: PREAMBLE_BYTES + 4 };
  if (hasLetters(bytes, 0)) return { start: 4 };
  if (bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isExplicit = /^[A-Z]{2}$/.test(String.fromCharCode(bytes[4]!, bytes[5]!));
  const [group, element, length] = [
    view.getUint16(0, true),
    view.getUint16(2, true),
    view.getUint32(4, true),
  ];
  if (group === META_GROUP && isExplicit && element < 0x0100) return { start: 0 };
  if (group === IDENTIFYING_GROUP && isExplicit && element < 0x0100)
    return { start: 0, guessedSyntax: '1.2.840.10008.1.2.1' };
  if (view.getUint16(0) === IDENTIFYING_GROUP && isExplicit && view.getUint16(2) < 0x0100)
    return { start: 0, guessedSyntax: '1.2.840.10008.1.2.2' };
  const isImplicit = group === IDENTIFYING_GROUP && element < 0x0100 && length <= LONGEST_FIRST_VALUE;
  return isImplicit && length <= bytes.length ? { start: 0, guessedSyntax: '1.2.840.10008.1.2' } : undefined;
}

/** Whether bytes begin like a DICOM file; a few hundred of them are enough. */
export function isDicom(bytes: Uint8Array): boolean {
  return detectLayout(bytes) !== undefined;
}

/** Whether bytes begin like a DICOMDIR, the index of a disk, under whatever name; a few hundred of them are enough. */
export function isDicomDirectory(bytes: Uint8Array): boolean {
  const layout = detectLayout(bytes);
  if (!layout || layout.guessedSyntax !== undefined) return false;
  const start = bytes.subarray(layout.start, layout.start + META_START_BYTES);
  return String.fromCharCode(...start).includes(MEDIA_DIRECTORY_ELEMENT);
}

function hasLetters(bytes: Uint8Array, at: number): boolean {
  return [0x44, 0x49, 0x43, 0x4d].every((letter, index) => bytes[at + index] === letter);
}
