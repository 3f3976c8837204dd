export {
  ABNORMAL_FINDINGS,
  CLINICAL_FINDINGS,
  COMPETITION_FINDINGS,
  LUNG_FINDINGS,
  type ClinicalFinding,
  type LabelStatus,
  type ReportLabels,
} from './findings.js';
export { labelReport, type ClinicalMention, type LabelledReport } from './labeller.js';
export {
  computeLabelAgreement,
  type LabelAgreement,
  type LabelAgreementOptions,
  type LabelScores,
  type MeanLabelScores,
  type UncertainLabels,
} from './label-agreement.js';
export type { LabelCoding, ReportLabelValues } from './label-values.js';
export {
  groupByPatient,
  scoreFilmFindings,
  statedFindings,
  statesAbnormality,
  type FilmFindingOptions,
  type FilmFindingScores,
  type FindingAccuracy,
  type LabelledFilm,
} from './film-findings.js';
export { TEMPORAL_WORDS, computeTemporalF1, type TemporalF1Result } from './temporal.js';
export { RADCLIQ_COLUMNS, computeRadCliQ, type RadCliQColumns } from './radcliq.js';
export {
  checkRadGraphReport,
  computeRadGraphF1,
  type RadGraphEntity,
  type RadGraphReport,
  type RadGraphScores,
} from './radgraph.js';
export { toChexbertLabels } from './chexbert-heads.js';
