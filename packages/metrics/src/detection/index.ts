export { computeIou, type Box } from './box.js';
export {
  computeDetectionPrecision,
  interpolatePrecision,
  type CategoryPrecision,
  type DetectionImage,
  type DetectionOptions,
  type DetectionPrecision,
  type LabelledBox,
  type ScoredBox,
} from './detection-precision.js';
export { computeRegionOverlap, type RegionOverlap, type RegionSample } from './region-overlap.js';
export {
  computeAbnormalityScores,
  computeSelectionScores,
  type AbnormalityOutcomes,
  type SelectionOutcomes,
  type SelectionScores,
  type SubsetScores,
} from './region-selection.js';
