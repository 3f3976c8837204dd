import type { DataSet } from 'dicom-parser';
import { TAGS } from './tags.js';

/** How a window turns values into brightness. */
export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

/** The range of values that a film shows, in the units of its modality transform. */
export interface GreyWindow {
  readonly center: number;
  readonly width: number;
  readonly function: WindowFunction;
}

/** The first window of a file; `undefined` where it has none, `'senseless'` where its numbers or function make no sense. */
export function readWindow(dataSet: DataSet): GreyWindow | 'senseless' | undefined {
  const [centers, widths] = [countValues(dataSet, TAGS.windowCenter), countValues(dataSet, TAGS.windowWidth)];
  if (centers === 0 && widths === 0) return undefined;
  const center = dataSet.floatString(TAGS.windowCenter, 0) ?? NaN;
  const width = dataSet.floatString(TAGS.windowWidth, 0) ?? NaN;
  const name = dataSet.string(TAGS.voiLutFunction) || 'LINEAR';
  const isKnown = name === 'LINEAR' || name === 'LINEAR_EXACT' || name === 'SIGMOID';
  const isSensible =
    Number.isFinite(center) && Number.isFinite(width) && width >= (name === 'LINEAR' ? 1 : Number.MIN_VALUE);
  return isKnown && isSensible ? { center, width, function: name } : 'senseless';
}

/** How many windows a file offers. */
export function countWindows(dataSet: DataSet): number {
  return countValues(dataSet, TAGS.windowCenter);
}

/** Brightness in [0, 1] of a value: DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3. */
export function applyWindow({ center, width, function: name }: GreyWindow, value: number): number {
  if (name === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const [middle, span] = name === 'LINEAR' ? [center - 0.5, width - 1] : [center, width];
  if (value <= middle - span / 2) return 0;
  if (value > middle + span / 2) return 1;
  return (value - middle) / span + 0.5;
}

function countValues(dataSet: DataSet, tag: string): number {
  return dataSet.string(tag) ? (dataSet.numStringValues(tag) ?? 0) : 0;
}
