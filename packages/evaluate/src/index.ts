export { evaluateDetectionPrecision, type RegionPrecision } from './detection-precision.js';
export type {
  EvaluatedStudies,
  Evaluation,
  IntervalSettings,
  RclipEvaluation,
  ReportsEvaluation,
  RrgEvaluation,
} from './evaluation.js';
export {
  computeIntervals,
  meanOf,
  type EvaluationOptions,
  type Intervals,
  type ItemStatistic,
  type PatientItem,
} from './intervals.js';
export { evaluateLabel, type LabelAnswer, type LabelEvaluation } from './labels.js';
export { loadMeteorStatistics, type MeteorStatistics } from './meteor-statistics.js';
export { detectWithReference, type ReferenceOptions } from './reference-detections.js';
export {
  evaluateRegions,
  type AnnotatedReport,
  type OverlapScores,
  type RegionEvaluation,
} from './regions.js';
export {
  evaluateClinicalLabels,
  type ClinicalEvaluation,
  type ClinicalScoreName,
  type LabelledPair,
} from './reports/clinical-scores.js';
export {
  evaluateReportFilms,
  type ChexbertLabels,
  type ClinicalSection,
  type ReportFilm,
  type ReportFilmOptions,
  type ReportSection,
  type TextStatistics,
} from './reports/evaluate-report-films.js';
export {
  evaluateReportTexts,
  REPORT_SCORES,
  type ReportPair,
  type ReportScoreName,
  type ReportTextEvaluation,
} from './reports/report-scores.js';
export {
  evaluateRrgFilms,
  type DecisionSection,
  type DetectionSection,
  type RrgFilmsOptions,
  type RrgSections,
  type SelectionSection,
  type SentenceSection,
} from './rrg/evaluate-rrg-films.js';
export type { FilmLabelScores, FilmLabelSection, FindingSection } from './rrg/film-labels.js';
export {
  RRG_FILM_SCHEMA,
  type LeakyRegion,
  type RegionReference,
  type RrgFilm,
  type RrgFilmRegion,
} from './rrg/film.js';
export {
  evaluateSelection,
  SUBSETS,
  type DecisionScores,
  type JudgedFilm,
  type JudgedRegion,
  type SelectionEvaluation,
  type Subset,
} from './rrg/selection.js';
export {
  evaluateSentences,
  type SentenceEvaluation,
  type SentenceFilm,
  type SentencePair,
} from './rrg/sentences.js';
export { toScores, type Score, type Scores } from './score.js';
export { computeSummedIntervals, type SummedItem, type SumOf } from './summed-intervals.js';
export { ALL_FILMS, evaluateTexts, type LabelledReport, type TextEvaluation } from './texts.js';
export { reportTables } from './present/report-tables.js';
export { formatScore, type ResultTable } from './present/result-table.js';
export { rrgTables } from './present/rrg-tables.js';
export { rclipTables } from './present/rclip-tables.js';
export { evaluateClassification, type ClassifiedFilm, type LabelSection } from './rclip/classification.js';
export type { ClassSection } from './rclip/classes.js';
export { evaluateRclipFilms, type ProbeLabel, type RclipSections } from './rclip/evaluate-rclip-films.js';
export { RCLIP_FILM_SCHEMA, type ProbeAnswer, type RclipFilm } from './rclip/film.js';
export {
  evaluateRetrieval,
  type PatientPairs,
  type RetrievalDirection,
  type RetrievalSection,
} from './rclip/retrieval-scores.js';
export type { ExampleFilm } from './page/example.js';
export {
  renderResultsPage,
  type LossData,
  type PageSection,
  type ResultsPage,
  type RocData,
} from './page/results-page.js';
export {
  comparisonTables,
  formatComparison,
  oursIn,
  type ComparisonRow,
  type ComparisonTable,
} from './tables/comparison-tables.js';
export type { NamedEvaluation } from './tables/our-rows.js';
export type { PublishedColumn } from './tables/published.js';
