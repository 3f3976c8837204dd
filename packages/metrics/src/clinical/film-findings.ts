import { scoreConfusion, type ConfusionCounts } from '../classification/index.js';
import { MetricsError } from '../errors.js';
import {
  computeBootstrapIntervals,
  type BootstrapInterval,
  type BootstrapOptions,
} from '../statistics/index.js';
import { ABNORMAL_FINDINGS, CLINICAL_FINDINGS, LUNG_FINDINGS, type ClinicalFinding } from './findings.js';
import { labelReport } from './labeller.js';

/** What is known of a radiograph, whoever said it: a radiologist, or the labels of a data set. */
export interface LabelledFilm {
  /** Whether the film shows each finding; findings that are not there are not known, and not scored. */
  readonly findings: Readonly<Partial<Record<ClinicalFinding, boolean>>>;
  /** Films of one patient are drawn together. @defaultValue each film is a patient */
  readonly patient?: string | undefined;
}

/** How well the texts tell one finding; a score that the films leave undefined has no entry. */
export interface FindingAccuracy {
  readonly sensitivity?: BootstrapInterval | undefined;
  readonly specificity?: BootstrapInterval | undefined;
  /** Mean of the two above. */
  readonly balancedAccuracy?: BootstrapInterval | undefined;
  readonly f1?: BootstrapInterval | undefined;
  /** Films where the finding is known. */
  readonly numFilms: number;
  /** Of them, those that show it. */
  readonly numPositive: number;
  /** Of them, those whose text states it, certainly or not. */
  readonly numStated: number;
  /** F1 of a text that always states the finding; one that never does has 0. */
  readonly alwaysStatedF1: number;
}

/** What generated texts are worth as an answer to what the films show. Plain data. */
export interface FilmFindingScores {
  /** Findings that are known of at least one film. */
  readonly findings: Readonly<Partial<Record<ClinicalFinding, FindingAccuracy>>>;
  /** Any of {@link LUNG_FINDINGS}, on the films where at least one of them is known. */
  readonly anyLungFinding: FindingAccuracy | undefined;
  /** Share of films that show none of what is known of them, but whose text states any finding. */
  readonly healthyWithFinding: BootstrapInterval | undefined;
}

/** Options of {@link scoreFilmFindings}: of the bootstrap over patients. */
export type FilmFindingOptions = Omit<BootstrapOptions, 'strata' | 'method'>;

interface Answer {
  readonly isPresent: boolean;
  readonly isStated: boolean;
}

interface ReadFilm extends LabelledFilm {
  readonly stated: ReadonlySet<ClinicalFinding>;
}

const WHERE = 'metrics.scoreFilmFindings';

/** Findings that a text states, certainly or not. */
export function statedFindings(text: string): Set<ClinicalFinding> {
  const { labels } = labelReport(text);
  return new Set(
    CLINICAL_FINDINGS.filter((name) => labels[name] === 'positive' || labels[name] === 'uncertain'),
  );
}

const isAbnormality = (stated: ReadonlySet<ClinicalFinding>) =>
  ABNORMAL_FINDINGS.some((name) => stated.has(name));

/** Whether a text states an abnormality of any kind, certainly or not; devices are none. */
export function statesAbnormality(text: string): boolean {
  return isAbnormality(statedFindings(text));
}

const isHealthy = ({ findings }: LabelledFilm) => ABNORMAL_FINDINGS.every((name) => findings[name] !== true);

function answerOf({ findings, stated }: ReadFilm, names: readonly ClinicalFinding[]): Answer | undefined {
  if (names.every((name) => findings[name] === undefined)) return undefined;
  return {
    isPresent: names.some((name) => findings[name] === true),
    isStated: names.some((name) => stated.has(name)),
  };
}

function countAnswers(answers: readonly Answer[]): ConfusionCounts {
  const count = (isPresent: boolean, isStated: boolean) =>
    answers.filter((answer) => answer.isPresent === isPresent && answer.isStated === isStated).length;
  return {
    truePositives: count(true, true),
    falsePositives: count(false, true),
    falseNegatives: count(true, false),
    trueNegatives: count(false, false),
  };
}

/**
 * Items that belong to one patient, in the order in which patients come first; one that names none is a patient of its own.
 *
 * @example
 * ```ts
 * groupByPatient([{ patient: 'a' }, { patient: 'b' }, { patient: 'a' }]); // [[{ patient: 'a' }, { patient: 'a' }], [{ patient: 'b' }]]
 * ```
 */
export function groupByPatient<Item extends { readonly patient?: string | undefined }>(
  items: readonly Item[],
): Item[][] {
  const groups = new Map<string | number, Item[]>();
  items.forEach((film, index) => {
    const key = film.patient ?? index;
    const group = groups.get(key);
    if (group) group.push(film);
    else groups.set(key, [film]);
  });
  return [...groups.values()];
}

function accuracyOf(
  patients: readonly (readonly ReadFilm[])[],
  names: readonly ClinicalFinding[],
  options: FilmFindingOptions,
): FindingAccuracy | undefined {
  const answers = patients
    .map((films) => films.flatMap((film) => answerOf(film, names) ?? []))
    .filter((group) => group.length > 0);
  const all = answers.flat();
  if (all.length === 0) return undefined;
  const intervals = computeBootstrapIntervals(
    answers.length,
    (indices) => {
      const drawn = Array.from(indices, (index) => answers[index]!).flat();
      const { recall, specificity, balancedAccuracy, f1 } = scoreConfusion(countAnswers(drawn));
      return { sensitivity: recall, specificity, balancedAccuracy, f1 };
    },
    options,
  );
  const numPositive = all.filter(({ isPresent }) => isPresent).length;
  return {
    ...intervals,
    numFilms: all.length,
    numPositive,
    numStated: all.filter(({ isStated }) => isStated).length,
    alwaysStatedF1: (2 * numPositive) / (all.length + numPositive),
  };
}

/**
 * What generated reports are worth as an answer to what the films show: each text is labelled with {@link labelReport}, positive or uncertain
 * counts as stated, and is held against the film's labels. Measures the text itself, which word overlap with a reference does not: a text that
 * calls every film sick has a sensitivity of 1 and a specificity of 0. Intervals: percentile bootstrap over patients. Films of one view, or of
 * one hospital, are scored by giving only them.
 *
 * @example
 * ```ts
 * const { anyLungFinding, findings } = scoreFilmFindings(
 *   ['The lung is clear.', 'Opacity suggests pneumonia.'],
 *   [
 *     { findings: { Pneumonia: false }, patient: 'a' },
 *     { findings: { Pneumonia: true }, patient: 'b' },
 *   ],
 * );
 * findings.Pneumonia?.balancedAccuracy; // { estimate: 1, low: 1, high: 1, ... }
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, no films, or films of which nothing is known
 */
export function scoreFilmFindings(
  texts: readonly string[],
  films: readonly LabelledFilm[],
  options: FilmFindingOptions = {},
): FilmFindingScores {
  if (texts.length !== films.length || films.length === 0)
    throw new MetricsError(
      'INPUT',
      `${WHERE}: expected a text for each film and at least one, got ${texts.length} texts and ${films.length} films; give both in one order.`,
    );
  const patients = groupByPatient(films.map((film, at) => ({ ...film, stated: statedFindings(texts[at]!) })));
  const findings = CLINICAL_FINDINGS.flatMap((name) => {
    const accuracy = accuracyOf(patients, [name], options);
    return accuracy ? [[name, accuracy] as const] : [];
  });
  if (findings.length === 0)
    throw new MetricsError(
      'INPUT',
      `${WHERE}: expected a finding such as "Pneumonia" in films, got none; name them as CLINICAL_FINDINGS does.`,
    );
  return {
    findings: Object.fromEntries(findings),
    anyLungFinding: accuracyOf(patients, LUNG_FINDINGS, options),
    healthyWithFinding: falseAlarms(patients, options),
  };
}

function falseAlarms(
  patients: readonly (readonly ReadFilm[])[],
  options: FilmFindingOptions,
): BootstrapInterval | undefined {
  const alarms = patients
    .map((films) => films.filter(isHealthy).map(({ stated }) => isAbnormality(stated)))
    .filter((group) => group.length > 0);
  if (alarms.length === 0) return undefined;
  const { share } = computeBootstrapIntervals(
    alarms.length,
    (indices) => {
      const drawn = Array.from(indices, (index) => alarms[index]!).flat();
      return { share: drawn.filter(Boolean).length / drawn.length };
    },
    options,
  );
  return share;
}
