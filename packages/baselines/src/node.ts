export * from './index.js';
export { loadCaptionerModel, type CaptionerModel } from './captioner/bundle.js';
export type { BaselineEvent, BaselineListener } from './studies/events.js';
export {
  trainCaptioner,
  type TrainCaptionerOptions,
  type TrainedCaptionerResult,
} from './studies/train-captioner.js';
export { writeCaptions, type WriteCaptionsOptions } from './studies/write-captions.js';
export { requireReportsFile, type WrittenReport } from './studies/write-reports.js';
export {
  predictByMajority,
  predictByNeighbours,
  type NeighbourOptions,
  type PredictOptions,
} from './labels/predict-labels.js';
export { writeMajorityReports, type MajorityOptions } from './majority/write-majority.js';
export { writeRetrievedReports, type RetrievalOptions } from './retrieval/write-retrieved.js';
export { studyKindOf, type StudyKind } from './studies/study-kind.js';
export { writeEndpointReports, type EndpointOptions, type EndpointResult } from './endpoint/write-answers.js';
export { DEFAULT_PROMPT } from './endpoint/request.js';
export type { RetryPolicy } from './endpoint/retry.js';
