import type { SkipCounts } from './skips.js';

/** How far a source is: units are its rows, reports or patients, in its own order. */
export interface UnitState {
  /** Units that are done. */
  readonly units: number;
  /** What was left out in them, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** All reasons so far, in the order in which they came up. */
  readonly reasons: readonly string[];
}

/** Counts what is left out and remembers how far a source is, so that a later run goes on behind it. */
export interface UnitLog {
  /** Counts of this run and of those before it. */
  readonly skips: SkipCounts;
  /** Begins the next unit; false where an earlier run has done it. */
  enter(): boolean;
  /** What is counted from here on belongs to no unit: reading the lists again counts it again. */
  leave(): void;
  /** Goes on behind an earlier run; before the source is read. */
  resume(state: UnitState): void;
  /** What a later run needs to go on behind the unit that was begun last. */
  state(): UnitState;
}

const counter = () => Object.create(null) as Record<string, number>;

/** A log of a source that is read from its start, until `resume` is called. */
export function createUnitLog(): UnitLog {
  const [listed, inUnits] = [counter(), counter()];
  const reasons = new Set<string>();
  let [entered, done] = [0, 0];
  let isInside = false;
  return {
    skips: {
      add: (reason) => {
        reasons.add(reason);
        const counts = isInside ? inUnits : listed;
        counts[reason] = (counts[reason] ?? 0) + 1;
      },
      get counts() {
        const both = [...reasons].map((reason) => [reason, (listed[reason] ?? 0) + (inUnits[reason] ?? 0)]);
        return Object.fromEntries(both) as Record<string, number>;
      },
    },
    enter: () => {
      entered += 1;
      isInside = true;
      return entered > done;
    },
    leave: () => {
      isInside = false;
    },
    resume: ({ units, skipped, reasons: known }) => {
      done = units;
      Object.assign(inUnits, skipped);
      for (const reason of known) reasons.add(reason);
    },
    state: () => ({ units: Math.max(entered, done), skipped: { ...inUnits }, reasons: [...reasons] }),
  };
}
