export {
  REPORT_METRICS,
  evaluateReports,
  type EvaluateOptions,
  type EvaluationProgress,
  type ReportEvaluation,
  type ReportMetricName,
} from './evaluate.js';
export {
  type MetricContext,
  type ReportMetric,
  type RunningMetric,
  type Score,
  type Scores,
} from './metric.js';
