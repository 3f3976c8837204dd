import type { DataSet } from 'dicom-parser';
import { decodeCodestream, type Codecs, type Samples } from './codecs.js';
import type { ParsedDicom } from './data-set.js';
import { compressedFrame, nativePixelBytes } from './fragments.js';
import { decodeJpegSamples } from './jpeg/decode-jpeg-samples.js';
import type { PixelFormat } from './pixel-format.js';
import { decodeRle } from './rle.js';
import { PIXEL_DATA } from './tags.js';

/** The values of a picture as stored, `[rows, columns]`. */
export interface StoredPixels {
  /** The `bitsStored` bits of each value, in two's complement where signed, and 0 above them. */
  readonly data: Uint8Array | Uint16Array;
  /** Values that use bits which the file says hold none. */
  readonly strayCount: number;
}

/**
 * Decodes the one frame of a file.
 * @throws `ImageError` where pixels are missing, cut off or do not fit the attributes
 */
export async function decodeStoredPixels(
  { dataSet, syntax }: ParsedDicom,
  format: PixelFormat,
  codecs: Codecs,
): Promise<StoredPixels> {
  const { rows: height, columns: width, bitsAllocated } = format;
  const expected = { width, height, maximumBits: bitsAllocated };
  const bytesPerCell = bitsAllocated === 16 ? 2 : 1;
  switch (syntax.encoding) {
    case 'native':
      return valuesOfCells(nativeCells(dataSet, format, syntax.isBigEndian === true), format, dataSet);
    case 'rle':
      return valuesOfCells(
        decodeRle(compressedFrame(dataSet), width * height, bytesPerCell),
        format,
        dataSet,
      );
    case 'jpeg': {
      const { data, bitDepth } = decodeJpegSamples(compressedFrame(dataSet), expected);
      return valuesOfSamples({ data, width, height, bits: bitDepth, isSigned: false }, format);
    }
    default:
      return valuesOfSamples(
        await decodeCodestream(syntax.encoding, compressedFrame(dataSet), expected, codecs),
        format,
      );
  }
}

function nativeCells(dataSet: DataSet, format: PixelFormat, isBigEndian: boolean): Uint8Array | Uint16Array {
  const cells = format.rows * format.columns;
  const isWide = format.bitsAllocated === 16;
  // Bytes that are written as words lie in pairs, the second one first.
  const isSwapped = isBigEndian && (isWide || dataSet.elements[PIXEL_DATA]?.vr === 'OW');
  // A copy of its own memory, also of a Buffer.
  const bytes = new Uint8Array(
    nativePixelBytes(dataSet, isWide ? 2 * cells : isSwapped ? cells + (cells & 1) : cells),
  );
  if (isSwapped) {
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      const first = bytes[at]!;
      bytes[at] = bytes[at + 1]!;
      bytes[at + 1] = first;
    }
  }
  return isWide ? new Uint16Array(bytes.buffer) : bytes.subarray(0, cells);
}

/** Takes each value out of its cell. What lies above it may be an overlay, or its sign. */
function valuesOfCells(cells: Uint8Array | Uint16Array, format: PixelFormat, dataSet: DataSet): StoredPixels {
  const { bitsAllocated, bitsStored, highBit, isSigned } = format;
  const shift = highBit + 1 - bitsStored;
  const mask = 2 ** bitsStored - 1;
  if (bitsStored === bitsAllocated) return { data: cells, strayCount: 0 };
  const outside = (2 ** bitsAllocated - 1) & ~(mask << shift);
  const aboveHigh = (2 ** bitsAllocated - 1) & ~(2 ** (highBit + 1) - 1);
  let strayCount = 0;
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]!;
    const stray = cell & outside;
    const isSign = isSigned && (cell >> highBit) & 1 && stray === aboveHigh;
    if (stray !== 0 && !isSign) strayCount += 1;
    cells[at] = (cell >> shift) & mask;
  }
  return { data: cells, strayCount: hasEmbeddedOverlay(dataSet) ? 0 : strayCount };
}

/** Overlays of old files lie in the unused bits of the pixels. */
function hasEmbeddedOverlay({ elements }: DataSet): boolean {
  return Object.keys(elements).some((tag) => /^x60[0-9a-f]{2}0102$/.test(tag));
}

/** Fits the samples of a codestream into the stored bits; those of lossy ones may lie a little outside. */
function valuesOfSamples(samples: Samples, format: PixelFormat): StoredPixels {
  const { data } = samples;
  const mask = 2 ** format.bitsStored - 1;
  const isSameSign = samples.isSigned === format.isSigned;
  if (!samples.isSigned && samples.bits <= format.bitsStored) return { data, strayCount: 0 };
  const [low, high] = format.isSigned ? [-(mask + 1) / 2, (mask - 1) / 2] : [0, mask];
  const span = data instanceof Uint8Array ? 0x100 : 0x10000;
  let strayCount = 0;
  for (let at = 0; at < data.length; at++) {
    const pattern = data[at]!;
    const value = samples.isSigned && pattern >= span / 2 ? pattern - span : pattern;
    const isStray = isSameSign ? value < low || value > high : value > mask || value < -(mask + 1);
    if (isStray) strayCount += 1;
    data[at] = (isSameSign ? Math.min(high, Math.max(low, value)) : value) & mask;
  }
  return { data, strayCount };
}
