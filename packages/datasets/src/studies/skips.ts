/** How many rows were left out, by reason. */
export interface SkipCounts {
  add(reason: string): void;
  /** Reasons in the order in which they came up. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Counts that start empty. */
export function createSkipCounts(): SkipCounts {
  const counts: Record<string, number> = Object.create(null) as Record<string, number>;
  return {
    add: (reason) => {
      counts[reason] = (counts[reason] ?? 0) + 1;
    },
    counts,
  };
}
