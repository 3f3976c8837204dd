export {
  createCaptioner,
  type Caption,
  type Captioner,
  type CaptionerOptions,
  type DescribeOptions,
} from './captioner/captioner.js';
export { captionBatchInputs, packCaptionBatch, type CaptionSample } from './captioner/caption-batch.js';
export {
  DEFAULT_CAPTIONER_CONFIG,
  parseCaptionerConfig,
  type CaptionerConfig,
  type CaptionerKind,
} from './captioner/config.js';
export {
  fitCaptioner,
  type CaptionSampleSource,
  type FitCaptionerOptions,
  type FitCaptionerResult,
} from './captioner/fit-captioner.js';
export {
  captionLoss,
  encodeImages,
  predictWords,
  startState,
  type CaptionInputs,
  type ImageContext,
  type WordInputs,
} from './captioner/forward.js';
export type { LstmState } from './captioner/lstm.js';
export {
  CAPTIONER_PRESETS,
  parseCaptionerPreset,
  type CaptionerPreset,
  type CaptionerSettings,
} from './captioner/presets.js';
export { captionerSpecs } from './captioner/specs.js';
export {
  createVocabulary,
  END_ID,
  trainVocabulary,
  UNKNOWN_ID,
  type WordVocabulary,
} from './words/vocabulary.js';
export { joinWords, splitWords } from './words/words.js';
export {
  countMajority,
  type MajorityCounts,
  type MajorityReport,
  type MajorityUnit,
} from './majority/majority-report.js';
export { createNearest, type Neighbour } from './retrieval/nearest.js';
