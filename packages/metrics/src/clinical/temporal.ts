import { toTextItems, type References } from '../text/items.js';

/** Which list {@link computeTemporalF1} uses; part of its signature. */
export const TEMPORAL_LIST_NAME = 'biovil-t';

/**
 * The words that say how a finding changed: those of the score of Bannur et al. (BioViL-T), as Libra's `temporal_f1.py` lists them.
 */
export const TEMPORAL_WORDS: readonly string[] = [
  ...['bigger', 'change', 'cleared', 'constant', 'decrease', 'decreased', 'decreasing', 'elevated'],
  ...['elevation', 'enlarged', 'enlargement', 'enlarging', 'expanded', 'greater', 'growing', 'improved'],
  ...['improvement', 'improving', 'increase', 'increased', 'increasing', 'larger', 'new', 'persistence'],
  ...['persistent', 'persisting', 'progression', 'progressive', 'reduced', 'removal', 'resolution'],
  ...['resolved', 'resolving', 'smaller', 'stability', 'stable', 'stably', 'unchanged', 'unfolded', 'worse'],
  ...['worsen', 'worsened', 'worsening', 'unaltered'],
];

const LIST: ReadonlySet<string> = new Set(TEMPORAL_WORDS);

/** The temporal words of texts, each once. Marks other than `.,:;()` and hyphens are dropped without a gap, as the reference drops them. */
function temporalWords(texts: readonly string[]): Set<string> {
  const words = texts.flatMap((text) =>
    text
      .replace(/[_-]+/g, ' ')
      .replace(/[^\p{L}\p{N}\s.,:;()]/gu, '')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u),
  );
  return new Set(words.filter((word) => LIST.has(word)));
}

/** F1 of one candidate against the words of all of its references; 1 where neither side has any. @internal */
export function temporalF1(candidate: string, references: readonly string[]): number {
  const ours = temporalWords([candidate]);
  const theirs = temporalWords(references);
  if (ours.size + theirs.size === 0) return 1;
  const common = [...ours].filter((word) => theirs.has(word)).length;
  return (2 * common) / (ours.size + theirs.size);
}

/** Temporal F1 of a corpus and of each of its items. */
export interface TemporalF1Result {
  /** The mean of the items. */
  readonly mean: number;
  readonly items: readonly number[];
}

/**
 * Whether reports speak of the same changes: F1 of the sets of {@link TEMPORAL_WORDS} that a candidate and its references use. Two reports
 * without such a word agree (1).
 *
 * Source: Bannur et al., *Learning to exploit temporal structure for biomedical vision-language processing*, CVPR 2023, whose words are found
 * by a recogniser of entities; here, as in Libra's evaluation, wherever they stand.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored.
 * @example
 * ```ts
 * computeTemporalF1(['Stable effusion.'], ['Effusion is stable, new edema.']).mean; // 2/3
 * ```
 */
export function computeTemporalF1(
  candidates: readonly string[],
  references: readonly References[],
): TemporalF1Result {
  const items = toTextItems('computeTemporalF1', candidates, references).map((item) =>
    temporalF1(item.candidate, item.references),
  );
  return { mean: items.reduce((sum, score) => sum + score, 0) / items.length, items };
}
