import type { DataSet } from 'dicom-parser';
import { joinBytes } from '../join-bytes.js';
import { damagedDicom } from './errors.js';
import { PIXEL_DATA } from './tags.js';

const ITEM = 0xfffee000;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED_LENGTH = 0xffffffff;

/** The bytes of the pixel data element. @throws `ImageError` where there is none, or it is cut off */
export function nativePixelBytes(dataSet: DataSet, expected: number): Uint8Array {
  const element = pixelElement(dataSet);
  if (element.length === UNDEFINED_LENGTH)
    throw damagedDicom('its pixels are compressed although its transfer syntax says that they are not');
  const bytes = dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  if (bytes.length < expected) throw damagedDicom(`it holds ${bytes.length} of ${expected} bytes of pixels`);
  if (bytes.length >= 2 * expected && expected > 1)
    throw damagedDicom(`it holds ${bytes.length} bytes of pixels where one frame has ${expected}`);
  return bytes.subarray(0, expected);
}

/**
 * The one compressed frame, its fragments joined: DICOM PS3.5, annex A.4.
 * @throws `ImageError` where the fragments are cut off or not closed
 */
export function compressedFrame(dataSet: DataSet): Uint8Array {
  const element = pixelElement(dataSet);
  if (element.length !== UNDEFINED_LENGTH)
    throw damagedDicom('its pixels are not compressed although its transfer syntax says so');
  const [offsetTable, ...fragments] = readItems(dataSet.byteArray, element.dataOffset);
  if (!offsetTable || fragments.length === 0) throw damagedDicom('it holds no compressed pixels');
  return fragments.length === 1 ? fragments[0]! : joinBytes(fragments);
}

function pixelElement(dataSet: DataSet) {
  const element = dataSet.elements[PIXEL_DATA];
  if (!element) throw damagedDicom('it ends before its pixels');
  return element;
}

/** The items of a sequence of fragments, whose lengths are always little endian. */
function readItems(bytes: Uint8Array, start: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Uint8Array[] = [];
  for (let at = start; at + 8 <= bytes.length;) {
    const tag = view.getUint16(at, true) * 0x10000 + view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    if (tag === SEQUENCE_END) return items;
    if (tag !== ITEM || at + 8 + length > bytes.length)
      throw damagedDicom('a fragment of its pixels is cut off');
    items.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  throw damagedDicom('the fragments of its pixels have no end');
}
