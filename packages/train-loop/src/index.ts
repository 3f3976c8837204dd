export type { BatchSource } from './batch-source.js';
export { createMemoryStore, type CheckpointStore, type Json, type SavedState } from './checkpoint-store.js';
export { renderLossCurves, type LossCurve, type LossCurvesOptions } from './loss-curves.js';
export {
  embeddingLoss,
  type Embedded,
  type EmbeddingLoss,
  type EmbeddingLossHalves,
} from './embedding-loss.js';
export { createLossEvaluation, type LossEvaluation, type LossEvaluationOptions } from './loss-evaluation.js';
export {
  adamw,
  clipGradients,
  globalNorm,
  sgd,
  type AdamWOptions,
  type Optimizer,
  type ParameterUpdate,
  type SgdOptions,
  type UpdatedParameter,
} from './optimizers.js';
export { matchesName, type NamePattern, type ParameterGroup } from './parameter-groups.js';
export type { TrainEvent, TrainListener, TrainPosition } from './progress.js';
export {
  constantSchedule,
  reduceOnPlateau,
  stepDecay,
  warmupCosine,
  type PlateauOptions,
  type Schedule,
  type ScheduleState,
  type StepDecayOptions,
  type WarmupCosineOptions,
} from './schedules.js';
export type {
  BatchInputs,
  BatchSpecs,
  LossFunction,
  LossResult,
  StepResult,
  TrainStep,
  TrainStepOptions,
  TrainStepState,
} from './step-contract.js';
export { createTrainStep } from './train-step.js';
export type { BatchContext, EvaluationContext, TrainOptions, TrainResult } from './train-options.js';
export { train } from './train.js';
