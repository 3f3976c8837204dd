import {
  scoreFilmFindings,
  statesAbnormality,
  type BootstrapInterval,
  type FilmFindingScores,
  type LabelledFilm,
} from '@crrg/metrics';
import { findContradictions, type Report } from '@crrg/pipeline';
import { meanOf, type EvaluationOptions } from './intervals.js';

/** A report beside what is known of its film. */
export interface LabelledReport extends LabelledFilm {
  readonly report: Pick<Report, 'text' | 'regions' | 'findings' | 'doubts'>;
  /** Films that are scored apart as well, such as those of one view. @defaultValue none */
  readonly group?: string | undefined;
}

/** What generated texts are worth. */
export interface TextEvaluation {
  /** All films, then those of each group in order of appearance. */
  readonly groups: readonly { readonly name: string; readonly scores: FilmFindingScores }[];
  /** Shares of films, in [0, 1]. */
  readonly contradictions: {
    /** A sentence that says otherwise than the region's abnormality score, undecided at 0.5. */
    readonly sentenceAgainstScore: number;
    readonly lungAgainstZones: number;
    /** The classifier beside the report says otherwise about a label; 0 where the reports have no classification. */
    readonly reportAgainstClassifier: number;
    /** One lung is called abnormal, the other is not. Not a contradiction: a finding may lie on one side. */
    readonly sidesDiffer: number;
  };
}

/** The name under which {@link evaluateTexts} scores all films. */
export const ALL_FILMS = 'all films';

/**
 * What the texts of reports say against what is known of their films, and where reports contradict themselves.
 *
 * @example
 * ```ts
 * const { groups, contradictions } = evaluateTexts([
 *   { report, findings: { Pneumonia: true, 'No Finding': false }, patient: '17', group: 'PA films' },
 * ]);
 * ```
 * @throws `MetricsError` for no films
 */
export function evaluateTexts(
  films: readonly LabelledReport[],
  options: EvaluationOptions = {},
): TextEvaluation {
  const names = [...new Set(films.flatMap(({ group }) => group ?? []))];
  const scoresOf = (members: readonly LabelledReport[]): FilmFindingScores =>
    scoreFilmFindings(
      members.map(({ report }) => report.text),
      members,
      options,
    );
  const share = (holds: (report: LabelledReport['report']) => boolean) =>
    meanOf(films.map(({ report }) => Number(holds(report)))) ?? NaN;
  const contradicts = (kind: string) =>
    share((report) => findContradictions(report).some((found) => found.kind === kind));
  return {
    groups: [
      { name: ALL_FILMS, scores: scoresOf(films) },
      ...names.map((name) => ({ name, scores: scoresOf(films.filter(({ group }) => group === name)) })),
    ],
    contradictions: {
      sentenceAgainstScore: contradicts('sentence-against-score'),
      lungAgainstZones: contradicts('lung-against-zones'),
      reportAgainstClassifier: share(({ doubts }) =>
        doubts.some(({ code }) => code === 'report-against-classifier'),
      ),
      sidesDiffer: share((report) => isAbnormal(report, 'right lung') !== isAbnormal(report, 'left lung')),
    },
  };
}

function isAbnormal({ findings }: Pick<Report, 'findings'>, name: string): boolean {
  return findings.some(({ region, sentence }) => region === name && statesAbnormality(sentence));
}

/** A score with its interval as one cell of a table, or a dash. @internal */
export function formatInterval(interval: BootstrapInterval | undefined): string {
  if (!interval) return '-';
  const [estimate, low, high] = [interval.estimate, interval.low, interval.high].map((value) =>
    value.toFixed(3),
  );
  return `${estimate} (${low} to ${high})`;
}
