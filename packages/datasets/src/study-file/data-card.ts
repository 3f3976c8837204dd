import { writeFileAtomically, writingTo } from '@crrg/core/node';
import type { RegionStudy, StudySplit } from '../region-study.js';

/** What stands beside a file of studies: what it was made of, and what was left out and why. The same run gives the same card. */
export interface DataCard {
  readonly schema: 'crrg/data-card/1';
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** By split. */
  readonly splits: Readonly<Record<string, SplitCounts>>;
  /** What was left out of sources that have no lists of splits, by reason. */
  readonly skipped?: Readonly<Record<string, number>> | undefined;
}

/** The name of the data card of a file of studies. */
export const cardPath = (out: string): string => `${out}.card.json`;

/** Puts a card beside its file. @throws {@link OutputError} where it cannot be written */
export async function writeDataCard(out: string, card: DataCard): Promise<DataCard> {
  const file = cardPath(out);
  await writingTo(file, () => writeFileAtomically(file, `${JSON.stringify(card, undefined, 2)}\n`));
  return card;
}

/** Counts of a split. */
export interface SplitCounts {
  /** Rows of its list. */
  readonly listed: number;
  readonly studies: number;
  /** Rows that became no study, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly boxes: number;
  /** Regions without a usable box. */
  readonly regionsWithoutBox: number;
  /** Boxes with x1 > x2 or y1 > y2, which count as no box. */
  readonly reversedBoxes: number;
  readonly regionsWithText: number;
  readonly abnormalRegions: number;
}

/** Counts by split. */
export type CountsBySplit = Partial<Record<StudySplit, SplitCounts>>;

const NOTHING: SplitCounts = {
  listed: 0,
  studies: 0,
  skipped: {},
  boxes: 0,
  regionsWithoutBox: 0,
  reversedBoxes: 0,
  regionsWithText: 0,
  abnormalRegions: 0,
};

/** The counts with a row that became no study. */
export function countSkipped(counts: CountsBySplit, split: StudySplit, reason: string): CountsBySplit {
  const before = counts[split] ?? NOTHING;
  const skipped = { ...before.skipped, [reason]: (before.skipped[reason] ?? 0) + 1 };
  return { ...counts, [split]: { ...before, listed: before.listed + 1, skipped } };
}

/** The counts with a study. */
export function countStudy(
  counts: CountsBySplit,
  { split, regions }: RegionStudy,
  reversedBoxes: number,
): CountsBySplit {
  const before = counts[split] ?? NOTHING;
  const boxes = regions.filter(({ box }) => box !== null).length;
  const after: SplitCounts = {
    ...before,
    listed: before.listed + 1,
    studies: before.studies + 1,
    boxes: before.boxes + boxes,
    regionsWithoutBox: before.regionsWithoutBox + regions.length - boxes,
    reversedBoxes: before.reversedBoxes + reversedBoxes,
    regionsWithText: before.regionsWithText + regions.filter(({ text }) => text !== '').length,
    abnormalRegions: before.abnormalRegions + regions.filter(({ abnormal }) => abnormal).length,
  };
  return { ...counts, [split]: after };
}
