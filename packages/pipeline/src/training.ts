export { createProposalPass, type ProposalPass, type ProposalPassOptions } from './training/proposal-pass.js';
export { packRrgBatch, rrgBatchInputs, type RrgSample } from './training/rrg-batch.js';
export {
  rrgLosses,
  rrgLossFunction,
  type RrgLosses,
  type RrgLossOptions,
  type RrgStage,
} from './training/rrg-losses.js';
export { RRG_PRESETS, type RrgPreset, type RrgStageSettings } from './training/rrg-presets.js';
export {
  trainRrg,
  type RrgSampleSource,
  type RrgTrainOptions,
  type RrgTrainResult,
} from './training/train-rrg.js';
