import type { Doubt, DoubtCode } from '@crrg/core';
import { formatDoubt, printable } from './format/text.js';
import type { CliIo } from './io.js';

/** Says doubts as films are read, and counts them. */
export interface DoubtLog {
  /** One line for each doubt about a film; `subject` is its file, or the line that names it. */
  add(subject: string, doubts: readonly Doubt[]): void;
  /** Counts the doubts about a film without a line: what refused it has said them. */
  count(doubts: readonly Doubt[]): void;
  /** How many of `total` films are in doubt, by code; nothing for one film or where none is. */
  end(total: number): void;
}

export function createDoubtLog({ stderr }: CliIo): DoubtLog {
  const counts = new Map<DoubtCode, number>();
  let numFilms = 0;
  const count = (doubts: readonly Doubt[]) => {
    if (doubts.length > 0) numFilms += 1;
    for (const { code } of doubts) counts.set(code, (counts.get(code) ?? 0) + 1);
  };
  return {
    count,
    add(subject, doubts) {
      count(doubts);
      for (const doubt of doubts) stderr.write(`crrg: ${printable(subject)}: ${formatDoubt(doubt)}\n`);
    },
    end(total) {
      if (total < 2 || numFilms === 0) return;
      const byCode = [...counts].map(([code, number]) => `${number} ${code}`).join(', ');
      stderr.write(`crrg: ${numFilms} of ${total} films in doubt: ${byCode}\n`);
    },
  };
}
