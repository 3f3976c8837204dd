import type { DataSet } from 'dicom-parser';
import { damagedDicom, refusedDicom } from './errors.js';
import { TAGS } from './tags.js';
import { MAXIMUM_PIXELS } from '../sniff.js';

/** How the values of a grey picture are stored: DICOM PS3.3, C.7.6.3. */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  /** Of the cell that holds one value. */
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  /** The highest bit of the value in its cell. */
  readonly highBit: number;
  /** Values are in two's complement. */
  readonly isSigned: boolean;
  /** The lowest value is white (MONOCHROME1). */
  readonly isInverted: boolean;
}

const KEEP_GREY = 'export it as one grey film';

/**
 * Reads and checks how pixels are stored, before anything is allocated for them.
 * @throws `ImageError` for several frames, colour, other cells than 8 or 16 bits, or more than `maxPixels` pixels
 */
export function readPixelFormat(dataSet: DataSet, maxPixels = MAXIMUM_PIXELS): PixelFormat {
  const frames = dataSet.intString(TAGS.numberOfFrames) ?? 1;
  if (frames !== 1)
    throw refusedDicom('a file of several frames', 'save the frame to read as a film of its own');
  const photometric = dataSet.string(TAGS.photometricInterpretation) ?? '';
  if (
    (dataSet.uint16(TAGS.samplesPerPixel) ?? 1) !== 1 ||
    /^(RGB|YBR|PALETTE|ARGB|HSV|CMYK)/.test(photometric)
  )
    throw refusedDicom('a picture in colour', KEEP_GREY);
  if (photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2')
    throw damagedDicom('it does not say whether its low values are black or white');
  const rows = dataSet.uint16(TAGS.rows) ?? 0;
  const columns = dataSet.uint16(TAGS.columns) ?? 0;
  if (rows === 0 || columns === 0) throw damagedDicom(`it states ${columns}x${rows} pixels`);
  if (rows * columns > maxPixels)
    throw refusedDicom(
      `${columns}x${rows} pixels, more than ${maxPixels}`,
      'shrink the picture or raise maxPixels',
    );
  return {
    rows,
    columns,
    ...readCell(dataSet),
    isSigned: dataSet.uint16(TAGS.pixelRepresentation) === 1,
    isInverted: photometric === 'MONOCHROME1',
  };
}

function readCell(dataSet: DataSet): Pick<PixelFormat, 'bitsAllocated' | 'bitsStored' | 'highBit'> {
  const bitsAllocated = dataSet.uint16(TAGS.bitsAllocated) ?? 0;
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw refusedDicom(`values in cells of ${bitsAllocated} bits`, `${KEEP_GREY} in cells of 8 or 16 bits`);
  const bitsStored = dataSet.uint16(TAGS.bitsStored) ?? bitsAllocated;
  const highBit = dataSet.uint16(TAGS.highBit) ?? bitsStored - 1;
  if (bitsStored < 1 || bitsStored > highBit + 1 || highBit >= bitsAllocated)
    throw damagedDicom(`it states ${bitsStored} bits up to bit ${highBit} in cells of ${bitsAllocated}`);
  return { bitsAllocated, bitsStored, highBit };
}
