import { int32, float32, type HostTensor } from '@crrg/tensor';
import { HIDDEN_SCORE } from '../forward.js';
import type { StepInput } from '../search/decode.js';

/** Per sequence, per live beam: the cached columns that the beam sees, ascending. */
export type VisibleColumns = readonly (readonly (readonly number[])[])[];

/** The columns after a step: each beam sees what its parent saw and its own new column, appended at `length + beam`. */
export function followBeams(
  visible: VisibleColumns,
  sequences: readonly StepInput[],
  length: number,
): VisibleColumns {
  return sequences.map(({ previousSequence, parents }) =>
    parents.map((parent, beam) => [...visible[previousSequence]![parent]!, length + beam]),
  );
}

/** The mask `[S, Q, columns]` of a step: 0 for visible columns, {@link HIDDEN_SCORE} elsewhere. */
export function toVisibilityTensor(visible: VisibleColumns, columns: number): HostTensor<'float32'> {
  const beams = visible[0]!.length;
  const data = new Float32Array(visible.length * beams * columns).fill(HIDDEN_SCORE);
  visible.forEach((sequence, s) =>
    sequence.forEach((beam, b) => {
      const row = (s * beams + b) * columns;
      for (const column of beam) data[row + column] = 0;
    }),
  );
  return float32([visible.length, beams, columns], data);
}

/** What a compaction keeps. */
export interface CompactionPlan {
  /** Flat indices int32 `[A, H, C]` of the kept columns. */
  readonly rows: HostTensor<'int32'>;
  /** `C`. */
  readonly length: number;
  /** Visibility in the new columns, of the kept sequences only. */
  readonly visible: VisibleColumns;
}

/** The columns that some live beam sees, ascending. */
function liveColumns(beams: readonly (readonly number[])[]): number[] {
  return [...new Set(beams.flat())].sort((a, b) => a - b);
}

/** The most columns that a sequence has which some live beam sees. */
export function countLive(visible: VisibleColumns): number {
  return Math.max(...visible.map((beams) => liveColumns(beams).length));
}

/**
 * True where at least a third of the cache would go: half of all compactions would cost more than they save.
 * @param live as {@link countLive} gives it
 */
export function isWorthCompacting(live: number, length: number): boolean {
  return live + 8 < length && live * 1.5 <= length;
}

/** What dropping finished sequences costs, in steps of a row, per row that there is; reckoned from 40 rows of three full-size layers. */
const DROPPING_COST = 1 / 3;

/**
 * True where finished sequences have cost as many steps of a row, `idleSteps`, as it costs to drop them: never more than twice what
 * knowing the lengths of all texts would.
 */
export function isWorthDropping(idleSteps: number, numRows: number): boolean {
  return idleSteps > 0 && idleSteps >= DROPPING_COST * numRows;
}

/** What moving a column costs, in columns given back; measured at full size, where moving writes into large fresh arrays. */
const MOVING_COST = 2.5;

/**
 * True where moving the recent columns to the past costs less than giving them back every further step: with `beams` new columns a step,
 * merging every `n` steps costs `n * beams / 2 + MOVING_COST * length / n` columns a step, least where
 * `(n * beams)^2 = 2 * MOVING_COST * beams * length`.
 */
export function isWorthMerging(
  recentLength: number,
  { length, beams }: { readonly length: number; readonly beams: number },
): boolean {
  return recentLength ** 2 >= 2 * MOVING_COST * beams * length;
}

/**
 * Keeps the sequences `kept` and, of each, the columns that some live beam sees. Sequences with fewer columns repeat their first
 * one, which stays invisible there; there are at least two.
 */
export function planCompaction(
  visible: VisibleColumns,
  kept: readonly number[],
  { length, numHeads }: { readonly length: number; readonly numHeads: number },
): CompactionPlan {
  const live = kept.map((sequence) => liveColumns(visible[sequence]!));
  const columns = Math.max(2, ...live.map((list) => list.length));
  const rows = new Int32Array(kept.length * numHeads * columns);
  let cursor = 0;
  kept.forEach((sequence, index) => {
    for (let head = 0; head < numHeads; head++) {
      const start = (sequence * numHeads + head) * length;
      for (let column = 0; column < columns; column++) rows[cursor++] = start + (live[index]![column] ?? 0);
    }
  });
  const renamed = kept.map((sequence, index) => {
    const place = new Map(live[index]!.map((column, position) => [column, position]));
    return visible[sequence]!.map((beam) => beam.map((column) => place.get(column)!));
  });
  return { rows: int32([kept.length, numHeads, columns], rows), length: columns, visible: renamed };
}
