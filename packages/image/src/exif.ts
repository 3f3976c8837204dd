/** How the stored rows must be turned to stand upright: EXIF's 1 (as stored) to 8. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What a file says of its orientation. */
export interface StatedOrientation {
  readonly orientation: Orientation;
  /** Why a stated orientation is not `orientation`. */
  readonly problem?: string | undefined;
}

const ORIENTATION_TAG = 0x0112;
/** Bytes of the integer types of TIFF: BYTE, SHORT, LONG, and the signed ones. */
const INTEGER_BYTES: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4 };

/** The orientation in a TIFF block (the payload of EXIF, with or without its six letters); undefined where it states none. */
export function readExifOrientation(bytes: Uint8Array): StatedOrientation | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = startsWithExif(bytes) ? 6 : 0;
  if (view.byteLength < start + 8) return undefined;
  const isLittleEndian = view.getUint16(start) === 0x4949;
  if (!isLittleEndian && view.getUint16(start) !== 0x4d4d) return undefined;
  const directory = start + view.getUint32(start + 4, isLittleEndian);
  if (directory + 2 > view.byteLength) return undefined;
  const count = view.getUint16(directory, isLittleEndian);
  for (let index = 0, at = directory + 2; index < count && at + 12 <= view.byteLength; index++, at += 12) {
    if (view.getUint16(at, isLittleEndian) === ORIENTATION_TAG)
      return statedOrientation(readInteger(view, at, isLittleEndian));
  }
  return undefined;
}

/** The orientation of a number or text of metadata. 0 states none. */
export function statedOrientation(value: number): StatedOrientation | undefined {
  if (value === 0) return undefined;
  if (Number.isInteger(value) && value >= 1 && value <= 8) return { orientation: value as Orientation };
  return { orientation: 1, problem: 'its value is not one of 1 to 8' };
}

/** The value of a directory entry; NaN where it is no single integer. */
function readInteger(view: DataView, at: number, isLittleEndian: boolean): number {
  const bytes = INTEGER_BYTES[view.getUint16(at + 2, isLittleEndian)];
  if (bytes === undefined || view.getUint32(at + 4, isLittleEndian) < 1) return NaN;
  if (bytes === 1) return view.getUint8(at + 8);
  return bytes === 2 ? view.getUint16(at + 8, isLittleEndian) : view.getUint32(at + 8, isLittleEndian);
}

/** `Exif` and two zeros. */
export function startsWithExif(bytes: Uint8Array): boolean {
  return [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, index) => bytes[index] === byte);
}

/** The orientation that an XMP packet states; no decoder turns pixels by it. */
export function readXmpOrientation(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder('latin1').decode(bytes);
  const found = /tiff:Orientation(?:\s*=\s*["']|\s*>\s*)(\d+)/.exec(text);
  return found ? Number(found[1]) : undefined;
}

/** Of EXIF's orientation and XMP's: the first is applied, the second only where the first is absent, and then not at all. */
export function chooseOrientation(
  exif: StatedOrientation | undefined,
  xmp: number | undefined,
): StatedOrientation {
  if (exif) return exif;
  if (xmp === undefined || xmp === 1) return { orientation: 1 };
  return { orientation: 1, problem: 'only its XMP packet names one' };
}
