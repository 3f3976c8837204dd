export {
  writeReportModelBundle,
  writeRclipBundle,
  type TrainedModel,
  type TrainedRclip,
  type TrainedReportModel,
} from './bundles.js';
export { readFilms, type FilmOwner, type Films, type ReadFilmsOptions } from './studies/films.js';
export type { StudyProbe } from './studies/fit-study-probe.js';
export {
  readReportTexts,
  writeReportTexts,
  type ReportTexts,
  type WriteReportsOptions,
} from './studies/generated-reports.js';
export type {
  BackTranslators,
  OnBadBatch,
  PlanOptions,
  ProbePlan,
  ProbePlanOptions,
  TrainingPlan,
} from './studies/plan.js';
export type { Pretrained } from './studies/pretrain.js';
export {
  checkStudies,
  readStudies,
  SPLITS,
  TRAINING_SPLITS,
  trainingStudies,
  type Split,
  type TrainingSplit,
  type TrainingStudy,
} from './studies/read-studies.js';
export { openBackend, takeRunFolder, type RunEngineOptions } from './studies/run-resources.js';
export { keepRunSettings, type RunSettings } from './studies/run-settings.js';
export type { RclipStart, StartEncoder, StartModel, StartOptions } from './studies/start-model.js';
export { trainProbeOnStudies, type ProbeOnStudiesOptions } from './studies/train-probe-on-studies.js';
export { trainRclipOnStudies, type RclipOnStudiesOptions } from './studies/train-rclip-on-studies.js';
export {
  probeResultRows,
  resultRows,
  writeTrainedBundle,
  type ProbeTrainingResult,
  type StudyTrainingResult,
} from './studies/trained-bundle.js';
export type { StudyTrainingEvent, StudyTrainingListener } from './studies/training-events.js';
export { trainRrgOnStudies, type RrgOnStudiesOptions } from './region-studies/train-rrg-on-studies.js';
export { rrgResultRows, STAGE_NAMES, type RrgTrainingResult } from './region-studies/write-report-bundle.js';
export {
  RRG_STAGES,
  type PerStage,
  type RrgPlan,
  type RrgPlanOptions,
  type StagePlan,
} from './region-studies/stage-plan.js';
export type { RrgStart, RrgStartModel, RrgStartOptions } from './region-studies/start-report-model.js';
export type { TrainedStage } from './region-studies/train-stage.js';
export type { RegionTrainingEvent, RegionTrainingListener } from './region-studies/training-events.js';
export { writeLossCurve } from './loss-curve-file.js';
