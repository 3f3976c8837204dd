import type { Evaluation, RclipEvaluation, RrgEvaluation } from '../evaluation.js';
import type { ClinicalSection, ReportSection } from '../reports/evaluate-report-films.js';
import type { RrgSections } from '../rrg/evaluate-rrg-films.js';
import type { Score } from '../score.js';

/** A row of ours: figures with intervals, and texts, by the key of their column. */
export interface OurRow {
  readonly name: string;
  readonly values: Readonly<Record<string, Score | string | undefined>>;
}

/** An evaluation under the name that its rows get. */
export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

const reportsOf = (evaluation: Evaluation): ReportSection | null =>
  evaluation.schema === 'crrg/evaluation/rclip/1' ? null : evaluation.reports;

function reportRows({ name, evaluation }: NamedEvaluation): OurRow[] {
  const written = reportsOf(evaluation)?.written;
  return written ? [{ name, values: written.scores }] : [];
}

const LABELLERS: Readonly<Record<ClinicalSection['labeller'], string>> = {
  crrg: 'rules of crrg',
  chexbert: 'CheXbert',
};

function clinicalRows({ name, evaluation }: NamedEvaluation): OurRow[] {
  return (reportsOf(evaluation)?.clinical ?? []).map(({ labeller, scores }) => ({
    name,
    values: { ...scores, labeller: LABELLERS[labeller] },
  }));
}

function classificationRows(name: string, { probe, zeroShot }: RclipEvaluation): OurRow[] {
  const labels = [...new Set([...Object.keys(probe ?? {}), ...Object.keys(zeroShot ?? {})])];
  return labels.map((label) => {
    const [ofProbe, ofPrompts] = [probe?.[label], zeroShot?.[label]?.scores];
    return {
      name: labels.length > 1 ? `${name}, ${label}` : name,
      values: {
        auroc: ofProbe?.scores.auroc,
        accuracy: ofProbe?.atHalf.accuracy,
        f1: ofProbe?.atHalf.f1,
        zeroShotAuroc: ofPrompts?.auroc,
        zeroShotAccuracy: ofPrompts?.accuracy,
        zeroShotF1: ofPrompts?.f1,
      },
    };
  });
}

function regionRow(
  name: string,
  { detection, regions }: Pick<RrgSections, 'detection' | 'regions'>,
): OurRow[] {
  const values = {
    overlap: detection?.scores.overlap,
    detectedRegionsPerFilm: detection?.scores.detectedRegionsPerFilm,
    selectionF1: regions?.selection.all.scores.f1,
    selectionNormalF1: regions?.selection.normal.scores.f1,
    selectionAbnormalF1: regions?.selection.abnormal.scores.f1,
    abnormalityF1: regions?.abnormality.scores.f1,
  };
  return Object.values(values).some((value) => value !== undefined) ? [{ name, values }] : [];
}

function regionRows(name: string, evaluation: RrgEvaluation): OurRow[] {
  const { withReferenceLeak } = evaluation;
  const leaky = withReferenceLeak ? regionRow(`${name}, with the reference's leak`, withReferenceLeak) : [];
  return [...regionRow(name, evaluation), ...leaky];
}

/** The rows of evaluations in a table of published figures, by its id. */
export function ourRows(id: string, evaluations: readonly NamedEvaluation[]): OurRow[] {
  return evaluations.flatMap((named) => {
    const { name, evaluation } = named;
    if (id === 'reports') return reportRows(named);
    if (id === 'clinical') return clinicalRows(named);
    if (id === 'classification')
      return evaluation.schema === 'crrg/evaluation/rclip/1' ? classificationRows(name, evaluation) : [];
    if (evaluation.schema !== 'crrg/evaluation/rrg/1') return [];
    if (id === 'regions') return regionRows(name, evaluation);
    const { sentences } = evaluation;
    return id === 'sentences' && sentences ? [{ name, values: sentences.scores }] : [];
  });
}
