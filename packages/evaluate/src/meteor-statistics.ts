import type { AbortOptions } from '@crrg/core';
import type { LoadMeteorOptions, Meteor } from '@crrg/metrics/meteor';

/** METEOR's statistics of pairs of texts, ready to be added up over a corpus. */
export interface MeteorStatistics {
  readonly meteor: Meteor;
  /** The matchers in use and how many paraphrases they know, for readers. */
  readonly description: string;
  of(candidate: string, reference: string): readonly number[];
  /** METEOR of statistics that were added up. */
  score(sum: ArrayLike<number>): number;
}

/** Pairs that are remembered; templates repeat. */
const MOST_KNOWN = 200_000;

/** METEOR by its statistics; each pair of texts is scored once. The data of its stages are loaded here. */
export async function loadMeteorStatistics(
  given: Meteor | LoadMeteorOptions | undefined,
  { signal }: AbortOptions,
): Promise<MeteorStatistics> {
  const { Meteor, addMeteorStatistics, loadMeteor, meteorFromStatistics, METEOR_STATISTICS_LENGTH } =
    await import('@crrg/metrics/meteor');
  const meteor = given instanceof Meteor ? given : await loadMeteor({ signal, ...given });
  const known = new Map<string, readonly number[]>();
  return {
    meteor,
    description: `METEOR 1.5: ${meteor.stages.join(', ')}; ${meteor.paraphraseCount > 0 ? `${meteor.paraphraseCount} paraphrases` : 'without its paraphrase table, so somewhat lower than its jar'}`,
    of(candidate, reference) {
      const key = `${candidate}\0${reference}`;
      const before = known.get(key);
      if (before) return before;
      // The sum of one text: METEOR counts a perfect text's chunk otherwise in a corpus than alone.
      const statistics = new Array<number>(METEOR_STATISTICS_LENGTH).fill(0);
      addMeteorStatistics(statistics, meteor.score(candidate, [reference]).statistics);
      if (known.size < MOST_KNOWN) known.set(key, statistics);
      return statistics;
    },
    score: (sum) => meteorFromStatistics(Array.from(sum)).score,
  };
}
