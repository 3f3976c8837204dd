import {
  ABNORMAL_FINDINGS,
  CLINICAL_FINDINGS,
  type ClinicalFinding,
  type FindingAccuracy,
} from '@crrg/metrics';
import type { EvaluationOptions } from '../intervals.js';
import { evaluateLabel } from '../labels.js';
import { toScores, type Scores } from '../score.js';
import { ALL_FILMS, evaluateTexts, type TextEvaluation } from '../texts.js';
import { patientOf, reportOf, type RrgFilm } from './film.js';

type LabelScoreName = 'auroc' | 'accuracy' | 'sensitivity' | 'specificity' | 'brier';

/** Scores of a yes or no about films. */
export interface FilmLabelScores {
  readonly numFilms: number;
  readonly numPositive: number;
  readonly scores: Scores<LabelScoreName>;
}

/** What the text says of a finding, against the films' labels. */
export interface FindingSection {
  readonly numFilms: number;
  readonly numPositive: number;
  readonly numStated: number;
  readonly alwaysStatedF1: number;
  readonly scores: Scores<'sensitivity' | 'specificity' | 'balancedAccuracy' | 'f1'>;
}

/** What is said of films with known labels, in groups: all films, then those of each view. */
export interface FilmLabelSection {
  readonly groups: readonly {
    readonly name: string;
    readonly anyLungFinding: FindingSection | null;
    readonly findings: Readonly<Partial<Record<ClinicalFinding, FindingSection>>>;
    /** Share of films that show nothing of what is known of them, but whose text states a finding. */
    readonly healthyWithFinding: Scores<'share'>;
    /** The largest abnormality score of a film's regions against the film being abnormal. */
    readonly largestAbnormality: FilmLabelScores | null;
    /** The classifier beside the reports, by label. */
    readonly classifier: Readonly<Partial<Record<ClinicalFinding, FilmLabelScores>>>;
  }[];
  readonly contradictions: TextEvaluation['contradictions'];
}

type Labelled = RrgFilm & { readonly findings: NonNullable<RrgFilm['findings']> };

function findingSection({
  numFilms,
  numPositive,
  numStated,
  alwaysStatedF1,
  ...intervals
}: FindingAccuracy): FindingSection {
  const { sensitivity, specificity, balancedAccuracy, f1 } = intervals;
  const defined = Object.entries({ sensitivity, specificity, balancedAccuracy, f1 }).filter(
    ([, value]) => value,
  );
  return { numFilms, numPositive, numStated, alwaysStatedF1, scores: toScores(Object.fromEntries(defined)) };
}

/** Whether a film shows anything; undefined where its labels do not tell. */
function isAbnormal({ findings }: Labelled): boolean | undefined {
  if (ABNORMAL_FINDINGS.some((name) => findings[name] === true)) return true;
  const none = findings['No Finding'];
  if (none !== undefined) return !none;
  return ABNORMAL_FINDINGS.some((name) => findings[name] === false) ? false : undefined;
}

/** The largest abnormality score of the regions. @internal */
export const largestAbnormality = ({ regions }: Pick<RrgFilm, 'regions'>): number =>
  Math.max(...regions.map(({ abnormalityScore }) => abnormalityScore));

function abnormalityScores(films: readonly Labelled[], options: EvaluationOptions): FilmLabelScores | null {
  const answers = films.flatMap((film) => {
    const isPresent = isAbnormal(film);
    if (isPresent === undefined) return [];
    const positive = film.regions.some((region) => region.isAbnormal);
    return [{ patient: patientOf(film), probability: largestAbnormality(film), positive, isPresent }];
  });
  if (answers.length === 0) return null;
  const { scores, numFilms, numPositive } = evaluateLabel(answers, options);
  const { auroc, ...decisions } = scores;
  const { brier: _, ...rest } = decisions;
  return { numFilms, numPositive, scores: toScores(auroc ? { auroc, ...rest } : rest) };
}

function classifierScores(films: readonly Labelled[], options: EvaluationOptions) {
  const ofFinding = (name: ClinicalFinding) => {
    const answers = films.flatMap((film) => {
      const said = film.classification?.find(({ label }) => label === name);
      const isPresent = film.findings[name];
      if (!said || isPresent === undefined) return [];
      return [
        { patient: patientOf(film), probability: said.probability, positive: said.positive, isPresent },
      ];
    });
    if (answers.length === 0) return [];
    const { scores, ...counts } = evaluateLabel(answers, options);
    return [[name, { ...counts, scores: toScores(scores) }] as const];
  };
  return Object.fromEntries(CLINICAL_FINDINGS.flatMap(ofFinding));
}

/** What texts, scores and the classifier say of films, against their labels; undefined where no film has labels. */
export function evaluateFilmLabels(
  films: readonly RrgFilm[],
  options: EvaluationOptions = {},
): FilmLabelSection | undefined {
  const labelled = films.filter(
    (film): film is Labelled => film.findings !== undefined && Object.keys(film.findings).length > 0,
  );
  if (labelled.length === 0) return undefined;
  const groupOf = ({ view }: RrgFilm) => (view === null ? undefined : `${view} films`);
  const { groups, contradictions } = evaluateTexts(
    labelled.map((film) => ({
      report: reportOf(film),
      patient: patientOf(film),
      findings: film.findings,
      group: groupOf(film),
    })),
    options,
  );
  return {
    groups: groups.map(({ name, scores: { findings, anyLungFinding, healthyWithFinding } }) => {
      const members = labelled.filter((film) => name === ALL_FILMS || groupOf(film) === name);
      const ofFindings = Object.entries(findings).map(([finding, accuracy]) => [
        finding,
        findingSection(accuracy),
      ]);
      return {
        name,
        anyLungFinding: anyLungFinding ? findingSection(anyLungFinding) : null,
        findings: Object.fromEntries(ofFindings) as Partial<Record<ClinicalFinding, FindingSection>>,
        healthyWithFinding: healthyWithFinding ? toScores({ share: healthyWithFinding }) : {},
        largestAbnormality: abnormalityScores(members, options),
        classifier: classifierScores(members, options),
      };
    }),
    contradictions,
  };
}
