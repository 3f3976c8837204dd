export {
  REPORT_METRICS,
  evaluateReports,
  type EvaluateOptions,
  type EvaluationProgress,
  type ReportEvaluation,
  type ReportMetricName,
} from './evaluate.js';
export {
  type ItemStatistics,
  type MetricContext,
  type ReportMetric,
  type RunningMetric,
  type Score,
  type Scores,
} from './metric.js';
export { computeReportIntervals, type ReportIntervalOptions } from './report-intervals.js';
export { compareReports, type ReportComparisonOptions, type ReportDifference } from './compare-reports.js';
export {
  evaluateChexbertLabels,
  evaluateRadCliQ,
  evaluateRadGraph,
  type ChexbertOptions,
} from './made-scores.js';
export {
  evaluateBertScore,
  type BertScoreModel,
  type BertScoreOptions,
  type BertScoreProgress,
} from './bert-score-evaluation.js';
