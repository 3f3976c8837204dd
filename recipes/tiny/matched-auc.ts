/** A film with its score and what it is compared by. */
export interface MatchedFilm {
  readonly score: number;
  readonly isPositive: boolean;
  readonly view: string;
  /** Mean grey level, 0 to 255. */
  readonly brightness: number;
}

/** Films whose mean grey levels differ by less are taken for equally bright. */
const SAME_BRIGHTNESS = 8;

/**
 * Area under the ROC curve: how often a positive scores above a negative, ties half; undefined without a pair.
 * With `onlyEquallyBright`, over pairs of one view that are equally bright.
 */
export function matchedAuc(
  films: readonly MatchedFilm[],
  { onlyEquallyBright = false }: { readonly onlyEquallyBright?: boolean } = {},
): number | undefined {
  const isComparable = (a: MatchedFilm, b: MatchedFilm) =>
    !onlyEquallyBright || (a.view === b.view && Math.abs(a.brightness - b.brightness) < SAME_BRIGHTNESS);
  const negatives = films.filter(({ isPositive }) => !isPositive);
  let wins = 0;
  let pairs = 0;
  for (const positive of films) {
    if (!positive.isPositive) continue;
    for (const negative of negatives) {
      if (!isComparable(positive, negative)) continue;
      pairs += 1;
      wins += positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0;
    }
  }
  return pairs > 0 ? wins / pairs : undefined;
}
