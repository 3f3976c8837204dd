import type { Orientation } from './sniff.js';

const ORIENTATION_TAG = 0x0112;
const SHORT_TYPE = 3;

/** The orientation in a TIFF block (the payload of EXIF); 1 where it is absent or the block is damaged. */
export function readExifOrientation(view: DataView): Orientation {
  if (view.byteLength < 8) return 1;
  const isLittleEndian = view.getUint16(0) === 0x4949;
  if (!isLittleEndian && view.getUint16(0) !== 0x4d4d) return 1;
  const directory = view.getUint32(4, isLittleEndian);
  if (directory + 2 > view.byteLength) return 1;
  const count = view.getUint16(directory, isLittleEndian);
  for (let index = 0, at = directory + 2; index < count && at + 12 <= view.byteLength; index++, at += 12) {
    if (view.getUint16(at, isLittleEndian) !== ORIENTATION_TAG) continue;
    if (view.getUint16(at + 2, isLittleEndian) !== SHORT_TYPE) return 1;
    return toOrientation(view.getUint16(at + 8, isLittleEndian));
  }
  return 1;
}

function toOrientation(value: number): Orientation {
  return value >= 1 && value <= 8 ? (value as Orientation) : 1;
}
