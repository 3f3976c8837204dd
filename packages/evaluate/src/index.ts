export {
  computeIntervals,
  meanOf,
  type EvaluationOptions,
  type Intervals,
  type ItemStatistic,
  type PatientItem,
} from './intervals.js';
export { evaluateLabel, type LabelAnswer, type LabelEvaluation } from './labels.js';
export { detectWithReference, type ReferenceOptions } from './reference-detections.js';
export { evaluateRegions, type AnnotatedReport, type RegionEvaluation } from './regions.js';
export { ALL_FILMS, evaluateTexts, type LabelledReport, type TextEvaluation } from './texts.js';
