import type { DataSet } from 'dicom-parser';
import { damagedDicom } from './errors.js';
import { TAGS } from './tags.js';

/** A table of a modality or values-of-interest transform: DICOM PS3.3, C.11.1 and C.11.2. */
export interface LookupTable {
  /** The value that the first entry stands for; lower ones get it too, and higher than the last the last. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** Of an entry. */
  readonly bits: number;
}

/** The first table of a sequence; undefined where there is none. @throws `ImageError` where it is cut off or makes no sense */
export function readLookupTable(
  dataSet: DataSet,
  sequence: string,
  hasNegativeInput: boolean,
): LookupTable | undefined {
  const item = dataSet.elements[sequence]?.items?.[0]?.dataSet;
  const descriptor = item?.elements[TAGS.lutDescriptor];
  const data = item?.elements[TAGS.lutData];
  // Some writers leave the sequence there and its values out.
  if (!item || !descriptor || (descriptor.length === 0 && !data?.length)) return undefined;
  const count = (item.uint16(TAGS.lutDescriptor, 0) ?? 0) || 65_536;
  const isSigned = descriptor.vr === 'SS' || (descriptor.vr !== 'US' && hasNegativeInput);
  const first = (isSigned ? item.int16(TAGS.lutDescriptor, 1) : item.uint16(TAGS.lutDescriptor, 1)) ?? 0;
  const bits = item.uint16(TAGS.lutDescriptor, 2) ?? 0;
  const isPacked = bits <= 8 && data?.length !== undefined && data.length < 2 * count;
  if (!data || bits < 1 || bits > 16 || data.length < count * (isPacked ? 1 : 2))
    throw damagedDicom('a table of its greys is cut off or makes no sense');
  const entries = Uint16Array.from({ length: count }, (_, index) =>
    isPacked ? item.byteArray[data.dataOffset + index]! : item.uint16(TAGS.lutData, index)!,
  );
  return { first, entries, bits };
}

/** The entry for a value. */
export function lookUp({ first, entries }: LookupTable, value: number): number {
  const index = Math.min(entries.length - 1, Math.max(0, Math.round(value) - first));
  return entries[index]!;
}

/** How many items a sequence has. */
export function countItems(dataSet: DataSet, sequence: string): number {
  return dataSet.elements[sequence]?.items?.length ?? 0;
}
