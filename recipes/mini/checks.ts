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

/** Reports of a system, and what they are called. */
export interface NamedReports {
  readonly name: string;
  readonly reports: ReportSection | null;
}

const scoresOf = ({ reports }: NamedReports) => (reports?.allFilms ?? reports?.written)?.scores;
const clinicalOf = ({ reports }: NamedReports) => reports?.clinical[0]?.scores[CLINICAL];

/** What is asked of the texts of a system: above those of another in every score; a text that is not there scores 0. */
export function reportChecks(better: NamedReports, other: NamedReports): Check[] {
  return [
    ...REPORT_SCORES.map((score) => ({
      what: `${better.name} ${score}`,
      better: scoresOf(better)?.[score],
      than: { name: other.name, value: scoresOf(other)?.[score]?.estimate ?? 0 },
    })),
    {
      what: `${better.name} ${CLINICAL}`,
      better: clinicalOf(better),
      than: { name: other.name, value: clinicalOf(other)?.estimate ?? 0 },
    },
  ];
}

/** What is asked of the networks of a report model: above what they started from. */
export function regionChecks(trained: RrgEvaluation, untrained: RrgEvaluation): Check[] {
  const seen = (what: string, scoreOf: (evaluation: RrgEvaluation) => Score | undefined): Check => ({
    what: `RRG ${what}`,
    better: scoreOf(trained),
    than: { name: 'untrained', value: scoreOf(untrained)?.estimate ?? 0 },
  });
  return [
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
