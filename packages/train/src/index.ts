export { createProposalPass, type ProposalPass, type ProposalPassOptions } from './rrg/proposal-pass.js';
export {
  packRrgBatch,
  rrgBatchInputs,
  type PartialOption,
  type RrgSample,
  type RrgSampleSource,
} from './rrg/rrg-batch.js';
export {
  rrgLosses,
  rrgLossFunction,
  type RrgLosses,
  type RrgLossOptions,
  type RrgStage,
} from './rrg/rrg-losses.js';
export {
  parseRrgPreset,
  RRG_PRESETS,
  type RrgPreset,
  type RrgPresetName,
  type RrgStageSettings,
  type RrgStageShares,
} from './rrg/rrg-presets.js';
export { trainRrg, type RrgTrainOptions, type RrgTrainResult } from './rrg/train-rrg.js';
export { loopOptions, stepOptions, type TrainingRunOptions } from './run-options.js';
export {
  startRclipWeights,
  startWeights,
  type StartRclipWeightsOptions,
  type StartWeights,
  type StartWeightsOptions,
} from './start-weights.js';
export { augmentedFilmInput, plainFilmInput, shrinkFilm } from './rclip/film-input.js';
export {
  encodeFilms,
  fitProbe,
  type EncodeFilmsOptions,
  type FitProbeOptions,
  type FittedProbe,
  type ProbeFilm,
} from './probe/fit-probe.js';
export { packRclipBatch, type RclipSample } from './rclip/rclip-batch.js';
export { rclipBatchInputs, rclipLossFunction } from './rclip/rclip-losses.js';
export {
  parseRclipPreset,
  RCLIP_PRESET_NAMES,
  RCLIP_PRESETS,
  type ContrastiveSettings,
  type ConvirtSettings,
  type RclipPreset,
  type RclipPresetName,
  type RclipPretrainingSettings,
  type RclipStageSettings,
} from './rclip/rclip-presets.js';
export {
  calibrateProbe,
  trainProbe,
  type ProbeData,
  type ProbeTrainOptions,
  type ProbeTrainResult,
} from './probe/train-probe.js';
export {
  trainRclip,
  type RclipSampleSource,
  type RclipTrainOptions,
  type RclipTrainResult,
} from './rclip/train-rclip.js';
export { encodeProbeData, type EncodeProbeDataOptions } from './probe/encode-probe-data.js';
export {
  probeFilms,
  rclipSampleSource,
  type FilmInputOptions,
  type LabelledFilm,
  type RclipSampleOptions,
} from './rclip/film-samples.js';
export {
  batchesWithRest,
  meanOverSamples,
  perBatchSize,
  requireSamples,
  wholeBatches,
  type BatchMeans,
  type PerBatchSize,
  type SampleCounts,
} from './sample-batches.js';
export { drawDropoutSeed, dropoutFrom, dropoutInputs } from './dropout-seed.js';
export { readPreset, share, type PresetReader, type SettingChecks } from './presets/sourced-fields.js';
