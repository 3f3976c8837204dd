import type { Outcome } from './outcome.js';
import type { WatchedChild } from './watched-child.js';

/** Which cases of which format. */
export interface CaseRange {
  /** Address of the format's module. */
  readonly module: string;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

/** How many cases went how. */
export interface CaseCounts {
  cases: number;
  decoded: number;
  refused: number;
  findings: number;
}

/** Runs cases one behind the other; a finding ends none of the others. */
export async function runCases(
  { module, seed, first, count }: CaseRange,
  child: WatchedChild,
  onCase: (number: number, outcome: Outcome, counts: CaseCounts) => void = () => undefined,
): Promise<CaseCounts> {
  const counts: CaseCounts = { cases: 0, decoded: 0, refused: 0, findings: 0 };
  for (let number = first; number < first + count; number++) {
    const outcome = await child.run({ module, seed, number });
    counts.cases += 1;
    counts[outcome.kind === 'finding' ? 'findings' : outcome.kind] += 1;
    onCase(number, outcome, counts);
  }
  return counts;
}

/** `N cases, N decoded, N refused, N findings`. */
export const formatCounts = ({ cases, decoded, refused, findings }: CaseCounts): string =>
  `${cases} cases, ${decoded} decoded, ${refused} refused, ${findings} findings`;
