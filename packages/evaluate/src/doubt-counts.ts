/** How many films are in doubt, and by which code. */
export interface DoubtCounts {
  readonly films: number;
  readonly byCode: Readonly<Record<string, number>>;
}

/** Counts the films with doubts. */
export function countDoubts(films: readonly { readonly doubts: readonly string[] }[]): DoubtCounts {
  const byCode: Record<string, number> = {};
  for (const { doubts } of films) for (const code of new Set(doubts)) byCode[code] = (byCode[code] ?? 0) + 1;
  return { films: films.filter(({ doubts }) => doubts.length > 0).length, byCode };
}

/** A line for readers; none where no film is in doubt. */
export function doubtNotes({ films, byCode }: DoubtCounts, total: number): string[] {
  if (films === 0) return [];
  const codes = Object.entries(byCode).map(([code, count]) => `${count} ${code}`);
  return [`${films} of ${total} films are in doubt (${codes.join(', ')}); they are scored all the same.`];
}
