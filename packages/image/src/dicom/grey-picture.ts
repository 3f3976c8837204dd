import type { DataSet } from 'dicom-parser';
import { greyImage, type GreyImage } from '../pixels.js';
import { damagedDicom } from './errors.js';
import { countItems, lookUp, readLookupTable, type LookupTable } from './lookup-table.js';
import type { PixelFormat } from './pixel-format.js';
import type { StoredPixels } from './stored-pixels.js';
import { TAGS } from './tags.js';
import { applyWindow, readWindow, type GreyWindow } from './window.js';

/** What decided which values are black and which are white. */
export type GreyRange =
  | ({ readonly kind: 'window' } & GreyWindow)
  /** A table of values of interest. */
  | { readonly kind: 'table' }
  /** The lowest and the highest value that is no padding: the file has no window, or a senseless one. */
  | {
      readonly kind: 'span';
      readonly low: number;
      readonly high: number;
      readonly isWindowSenseless: boolean;
    };

/** The grey picture that networks see, and how it came about. */
export interface GreyPicture {
  /** 8 bits where at most 8 are stored, else 16; the whole range, air dark. */
  readonly image: GreyImage;
  readonly range: GreyRange;
}

/**
 * The one rule from stored values to greys: the modality transform, then the first table or window of values of interest or else the span
 * of the values, then inverted for MONOCHROME1; padding is black.
 *
 * Source: DICOM PS3.3, C.11.1 (modality), C.11.2 (values of interest), C.7.6.3.1.2 (photometric interpretation) and C.7.5.1.1.2
 * (padding); `docs/reference/dicom.md` compares it with other programs.
 * @throws `ImageError` where a transform makes no sense
 */
export function toGreyPicture(dataSet: DataSet, format: PixelFormat, { data }: StoredPixels): GreyPicture {
  const isPadding = paddingTest(dataSet, format);
  const modality = modalityTransform(dataSet, format);
  const counts = new Uint32Array(2 ** format.bitsStored);
  for (let at = 0; at < data.length; at++) counts[data[at]!]! += 1;
  const values = Float64Array.from(counts, (_, pattern) => modality(signedValue(pattern, format)));
  const span = spanOf(values, (pattern) => counts[pattern]! > 0 && !isPadding(signedValue(pattern, format)));
  const { range, brightness } = rangeOfInterest(dataSet, span, format);
  const most = format.bitsStored <= 8 ? 255 : 65_535;
  const greys = most === 255 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let pattern = 0; pattern < values.length; pattern++) {
    if (isPadding(signedValue(pattern, format))) continue;
    const bright = brightness(values[pattern]!);
    greys[pattern] = Math.round((format.isInverted ? 1 - bright : bright) * most);
  }
  const pixels = most === 255 ? new Uint8Array(data.length) : new Uint16Array(data.length);
  for (let at = 0; at < data.length; at++) pixels[at] = greys[data[at]!]!;
  return { image: greyImage(format.columns, format.rows, pixels), range };
}

/** The value that stored bits stand for. */
export function signedValue(pattern: number, { isSigned, bitsStored }: PixelFormat): number {
  return isSigned && pattern >= 2 ** (bitsStored - 1) ? pattern - 2 ** bitsStored : pattern;
}

function paddingTest(dataSet: DataSet, { isSigned }: PixelFormat): (value: number) => boolean {
  const read = (tag: string) => (isSigned ? dataSet.int16(tag) : dataSet.uint16(tag));
  const padding = read(TAGS.pixelPaddingValue);
  if (padding === undefined) return () => false;
  const limit = read(TAGS.pixelPaddingRangeLimit) ?? padding;
  const [low, high] = [Math.min(padding, limit), Math.max(padding, limit)];
  return (value) => value >= low && value <= high;
}

function modalityTransform(dataSet: DataSet, { isSigned }: PixelFormat): (value: number) => number {
  const table = readLookupTable(dataSet, TAGS.modalityLutSequence, isSigned);
  if (table) return (value) => lookUp(table, value);
  const slope = dataSet.floatString(TAGS.rescaleSlope) ?? 1;
  const intercept = dataSet.floatString(TAGS.rescaleIntercept) ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept) || slope === 0)
    throw damagedDicom('its rescale slope or intercept makes no sense');
  return (value) => value * slope + intercept;
}

interface Span {
  readonly low: number;
  readonly high: number;
}

function spanOf(values: Float64Array, isPresent: (pattern: number) => boolean): Span {
  let [low, high] = [Infinity, -Infinity];
  for (let pattern = 0; pattern < values.length; pattern++) {
    if (!isPresent(pattern)) continue;
    low = Math.min(low, values[pattern]!);
    high = Math.max(high, values[pattern]!);
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

function rangeOfInterest(
  dataSet: DataSet,
  { low, high }: Span,
  format: PixelFormat,
): { readonly range: GreyRange; readonly brightness: (value: number) => number } {
  // What comes out of a modality table is never negative.
  const isSigned = format.isSigned && countItems(dataSet, TAGS.modalityLutSequence) === 0;
  const table = readLookupTable(dataSet, TAGS.voiLutSequence, isSigned || low < 0);
  if (table) return { range: { kind: 'table' }, brightness: tableBrightness(table) };
  const window = readWindow(dataSet);
  if (window && window !== 'senseless')
    return { range: { kind: 'window', ...window }, brightness: (value) => applyWindow(window, value) };
  const range = { kind: 'span', low, high, isWindowSenseless: window === 'senseless' } as const;
  const width = high - low || 1;
  return { range, brightness: (value) => Math.min(1, Math.max(0, (value - low) / width)) };
}

function tableBrightness(table: LookupTable): (value: number) => number {
  const most = 2 ** table.bits - 1;
  return (value) => Math.min(1, lookUp(table, value) / most);
}
