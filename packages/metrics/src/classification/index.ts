export { computeAuroc, computeAveragePrecision } from './areas.js';
export {
  BINARY_METRIC_NAMES,
  computeBinaryMetrics,
  type BinaryMetricName,
  type BinaryMetrics,
} from './binary.js';
export {
  computeBrierScore,
  computeCalibration,
  computeLogLoss,
  type Calibration,
  type CalibrationBin,
  type CalibrationOptions,
} from './calibration.js';
export {
  computeConfusion,
  computeLabelConfusion,
  scoreConfusion,
  type ConfusionCounts,
  type ConfusionScores,
  type ThresholdOptions,
} from './confusion.js';
export {
  computePrecisionRecallCurve,
  computeRocCurve,
  type PrecisionRecallCurve,
  type RocCurve,
  type RocOptions,
} from './curves.js';
export type { BinaryLabels, WeightOptions } from './inputs.js';
export {
  computeConfusionMatrix,
  computeMulticlassMetrics,
  type ClassAverages,
  type MulticlassMetrics,
} from './multiclass.js';
export {
  computeMultilabelMetrics,
  type AveragedScores,
  type MultilabelMetrics,
  type MultilabelOptions,
  type UndefinedParts,
} from './multilabel.js';
export { findOperatingPoint, type OperatingPoint, type OperatingTarget } from './operating-point.js';
