export { cellAnchors, createAnchors } from './anchors.js';
export {
  ROI_BOX_WEIGHTS,
  RPN_BOX_WEIGHTS,
  decodeBoxes,
  encodeBoxes,
  type BoxCoderWeights,
} from './box-coder.js';
export { RGRG_DETECTOR_KEY_MAP, RGRG_DETECTOR_STAGE1_KEY_MAP } from './checkpoint-maps/rgrg.js';
export { TORCHVISION_RESNET50_KEY_MAP } from './checkpoint-maps/torchvision.js';
export {
  DEFAULT_DETECTOR_CONFIG,
  STRIDE,
  anchorsPerCell,
  featureChannels,
  featureSize,
  parseDetectorConfig,
  type DetectorConfig,
  type ProposalLimits,
  type RoiConfig,
  type RpnConfig,
} from './config.js';
export {
  createDetector,
  type DetectOptions,
  type Detector,
  type DetectorOptions,
  type RegionDetections,
} from './detector.js';
export {
  createDetectionEvaluator,
  type DetectionEvaluator,
  type DetectionSample,
  type DetectionScores,
} from './evaluation.js';
export {
  backbone,
  backboneAndRpn,
  boxHead,
  cheaperOrder,
  inAnchorOrder,
  pooledBoxFeatures,
  regionProjection,
  roiHead,
  rpnHead,
  gatherRows,
  topBoxDeltas,
  topRegions,
  type BackboneAndRpn,
  type BoxHeadOrder,
  type ForwardOptions,
  type RoiOutput,
  type RpnMaps,
  type RpnOutput,
  type TopRegions,
} from './forward.js';
export {
  detectorTraining,
  roiLosses,
  rpnLosses,
  targetInputShapes,
  totalDetectorLoss,
  type DetectorLosses,
  type DetectorTrainingOutput,
  type TargetTensors,
} from './losses.js';
export { matchBoxes, type MatcherOptions } from './matcher.js';
export { nonMaximumSuppression } from './nms.js';
export { packTargets, type TargetInputName } from './pack-targets.js';
export { detectorSpecs, resnetConfig } from './specs.js';
export {
  createBatchProposals,
  createProposals,
  type HostRpnOutput,
  type ProposalOptions,
  type Proposals,
} from './proposals.js';
export { binWeights, meanWeights, roiAlign, roiAxisWeights, type RoiAxisWeights } from './roi-align.js';
export { createRandomSampler, lowestIndexSampler, type Sampler } from './samplers.js';
export { traceBackboneAndRpn, traceTopRegions } from './graphs.js';
export {
  assignRoiTargets,
  assignRpnTargets,
  assignTargets,
  type AssignOptions,
  type GroundTruth,
  type ImageTargets,
  type RoiTargets,
  type RpnTargets,
} from './targets.js';
