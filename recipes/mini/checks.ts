import {
  REPORT_SCORES,
  type RclipEvaluation,
  type ReportSection,
  type RrgEvaluation,
  type Score,
} from '@crrg/evaluate';

/** A claim of the run: one figure lies clearly above another. */
export interface Check {
  readonly what: string;
  /** Undefined where the films leave it so. */
  readonly better: Score | undefined;
  readonly than: { readonly name: string; readonly value: number };
}

/** Clearly above: the lower end of the 95 % interval (by patient) lies above what is to be beaten. */
export const holds = ({ better, than }: Check): boolean => better !== undefined && better.low > than.value;

const three = (value: number) => value.toFixed(3);

/** One line for people. */
export function formatCheck(check: Check): string {
  const { what, better, than } = check;
  const figure =
    better === undefined
      ? 'undefined'
      : `${three(better.estimate)} (${three(better.low)} to ${three(better.high)})`;
  return `${holds(check) ? 'yes' : 'NO '}  ${what}: ${figure} above ${three(than.value)} (${than.name})`;
}

const CLINICAL = 'micro14F1';

/** What is asked of a report model: above what it started from, and above the most common report of the training films. */
export function reportModelChecks(
  trained: RrgEvaluation,
  untrained: RrgEvaluation,
  majority: { readonly reports: ReportSection },
): Check[] {
  const others = [
    { name: 'untrained', reports: untrained.reports },
    { name: 'majority', reports: majority.reports },
  ];
  const texts = others.flatMap(({ name, reports }) => [
    ...REPORT_SCORES.map((score) => ({
      what: `RRG ${score}`,
      better: trained.reports?.allFilms?.scores[score] ?? trained.reports?.written?.scores[score],
      than: {
        name,
        value: (reports?.allFilms ?? reports?.written)?.scores[score]?.estimate ?? 0,
      },
    })),
    {
      what: `RRG ${CLINICAL}`,
      better: trained.reports?.clinical[0]?.scores[CLINICAL],
      than: { name, value: reports?.clinical[0]?.scores[CLINICAL]?.estimate ?? 0 },
    },
  ]);
  const seen = (what: string, scoreOf: (evaluation: RrgEvaluation) => Score | undefined): Check => ({
    what: `RRG ${what}`,
    better: scoreOf(trained),
    than: { name: 'untrained', value: scoreOf(untrained)?.estimate ?? 0 },
  });
  return [
    ...texts,
    seen('mean IoU of the regions', ({ detection }) => detection?.scores.meanIou),
    seen('F1 of the selected regions', ({ regions }) => regions?.selection.all.scores.f1),
    seen('F1 of the regions called abnormal', ({ regions }) => regions?.abnormality.scores.f1),
  ];
}

/** What is asked of a probe on pre-trained features: above that on random ones, and above always saying what most films are. */
export function classifierChecks(
  name: string,
  pretrained: RclipEvaluation,
  random: RclipEvaluation,
): Check[] {
  const label = pretrained.probe?.['Pneumonia'];
  return [
    {
      what: `${name} AUROC`,
      better: label?.scores.auroc,
      than: {
        name: 'random initialisation',
        value: random.probe?.['Pneumonia']?.scores.auroc?.estimate ?? 0.5,
      },
    },
    {
      what: `${name} accuracy`,
      better: label?.scores.accuracy,
      than: { name: 'majority', value: label?.majorityAccuracy ?? 1 },
    },
  ];
}
