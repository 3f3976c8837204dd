import {
  scoreFilmFindings,
  statesAbnormality,
  type ClinicalFinding,
  type FilmFindingScores,
} from '@crrg/metrics';
import { findContradictions, type Report } from '@crrg/pipeline';
import type { NihFilm } from './open-data.js';

/** A film with the report that the model wrote of it. */
export interface ReportedFilm {
  readonly film: NihFilm;
  readonly report: Report;
}

/** What the texts are worth. */
export interface TextEvaluation {
  /** All films, and those of each view. */
  readonly groups: readonly { readonly name: string; readonly scores: FilmFindingScores }[];
  /** Shares of films. */
  readonly contradictions: {
    /** A sentence that says otherwise than the region's abnormality score, undecided at 0.5. */
    readonly sentenceAgainstScore: number;
    readonly lungAgainstZones: number;
    /** The classifier beside the report says otherwise about pneumonia. */
    readonly reportAgainstClassifier: number;
    /** One lung is called abnormal, the other is not. Not a contradiction: a finding may lie on one side. */
    readonly sidesDiffer: number;
  };
}

/** Labels of NIH ChestX-ray14 by the finding of CheXpert that they are; those without a counterpart are left out. */
const NIH_FINDINGS: Readonly<Partial<Record<ClinicalFinding, readonly string[]>>> = {
  Cardiomegaly: ['Cardiomegaly'],
  'Lung Opacity': ['Infiltration', 'Pneumonia', 'Consolidation', 'Atelectasis', 'Edema'],
  'Lung Lesion': ['Nodule', 'Mass'],
  Edema: ['Edema'],
  Consolidation: ['Consolidation'],
  Pneumonia: ['Pneumonia'],
  Atelectasis: ['Atelectasis'],
  Pneumothorax: ['Pneumothorax'],
  'Pleural Effusion': ['Effusion'],
  'Pleural Other': ['Pleural_Thickening'],
  'No Finding': ['No Finding'],
};

/** What the labels of an NIH film say of CheXpert's findings. */
export function clinicalFindings(labels: readonly string[]): Partial<Record<ClinicalFinding, boolean>> {
  return Object.fromEntries(
    Object.entries(NIH_FINDINGS).map(([finding, names]) => [
      finding,
      names.some((name) => labels.includes(name)),
    ]),
  );
}

/** Measures the texts of reports against the labels of their films. */
export function evaluateText(films: readonly ReportedFilm[]): TextEvaluation {
  const group = (name: string, members: readonly ReportedFilm[]) => ({
    name,
    scores: scoreFilmFindings(
      members.map(({ report }) => report.text),
      members.map(({ film }) => ({ findings: clinicalFindings(film.labels), patient: film.patient })),
    ),
  });
  const share = (holds: (report: Report) => boolean) =>
    films.filter(({ report }) => holds(report)).length / films.length;
  const contradicts = (kind: string) =>
    share((report) => findContradictions(report).some((c) => c.kind === kind));
  const isAbnormal = ({ findings }: Report, name: string) =>
    findings.some(({ region, sentence }) => region === name && statesAbnormality(sentence));
  return {
    groups: [
      group('all films', films),
      ...(['PA', 'AP'] as const).map((view) =>
        group(
          `${view} films`,
          films.filter(({ film }) => film.view === view),
        ),
      ),
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
