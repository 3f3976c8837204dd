export { createProposalPass, type ProposalPass, type ProposalPassOptions } from './training/proposal-pass.js';
export { packRrgBatch, rrgBatchInputs, type RrgSample, type RrgSampleSource } from './training/rrg-batch.js';
export {
  rrgLosses,
  rrgLossFunction,
  type RrgLosses,
  type RrgLossOptions,
  type RrgStage,
} from './training/rrg-losses.js';
export { RRG_PRESETS, type RrgPreset, type RrgStageSettings } from './training/rrg-presets.js';
export { trainRrg, type RrgTrainOptions, type RrgTrainResult } from './training/train-rrg.js';
export type { TrainingRunOptions } from './training/run-options.js';
export {
  startRclipWeights,
  startWeights,
  type StartRclipWeightsOptions,
  type StartWeights,
  type StartWeightsOptions,
} from './training/start-weights.js';
export { augmentedFilmInput, plainFilmInput, shrinkFilm } from './training/film-input.js';
export {
  encodeFilms,
  fitProbe,
  type EncodeFilmsOptions,
  type FitProbeOptions,
  type FittedProbe,
  type ProbeFilm,
} from './training/fit-probe.js';
export { packRclipBatch, type RclipSample } from './training/rclip-batch.js';
export { rclipBatchInputs, rclipLossFunction } from './training/rclip-losses.js';
export {
  RCLIP_PRESETS,
  type RclipPreset,
  type RclipPretrainingSettings,
  type RclipStageSettings,
} from './training/rclip-presets.js';
export {
  calibrateProbe,
  trainProbe,
  type ProbeData,
  type ProbeTrainOptions,
  type ProbeTrainResult,
} from './training/train-probe.js';
export {
  trainRclip,
  type RclipSampleSource,
  type RclipTrainOptions,
  type RclipTrainResult,
} from './training/train-rclip.js';
