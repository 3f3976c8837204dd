export * from './index.js';
export type { EvaluationEvent, EvaluationListener } from './node/events.js';
export type { FailedFilm } from './node/each-film.js';
export type { StudyChoice } from './node/region-studies.js';
export {
  evaluateRclip,
  type EvaluateRclipOptions,
  type RclipEvaluationResult,
} from './node/evaluate-rclip.js';
export { evaluateRrg, type EvaluateRrgOptions, type RrgEvaluationResult } from './node/evaluate-rrg.js';
export {
  evaluateReports,
  REPORT_FILM_SCHEMA,
  type EvaluateReportsOptions,
  type ReportFilmLine,
} from './node/evaluate-reports.js';
export { readNamedEvaluations } from './node/overview.js';
export { formatPredictions, type PredictionLine } from './node/predictions.js';
export { readEvaluation } from './node/read-evaluation.js';
export {
  writeResultsPage,
  type EvaluationOnPage,
  type ResultsPageOptions,
} from './node/write-results-page.js';
