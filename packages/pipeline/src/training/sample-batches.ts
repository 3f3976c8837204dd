/** Whole batches of `size` items; an incomplete one at the end is dropped. */
export function wholeBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Mean of each named number over rows that all have the same names. */
export function meanOf(rows: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) sums[name] = (sums[name] ?? 0) + value / rows.length;
  return sums;
}
