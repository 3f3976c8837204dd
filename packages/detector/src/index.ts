export { createAnchors } from './anchors.js';
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
  featureChannels,
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
export type { DetectorDType } from './dtype.js';
export {
  backbone,
  backboneAndRpn,
  boxHead,
  inAnchorOrder,
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
  targetInputShapes,
  totalDetectorLoss,
  type DetectorLosses,
  type DetectorTrainingOutput,
} from './losses.js';
export { traceBackboneAndRpn, traceTopRegions } from './graphs.js';
export { nonMaximumSuppression } from './nms.js';
export { packTargets, type TargetInputName } from './pack-targets.js';
export { detectorSpecs, resnetConfig } from './specs.js';
export { createProposals, type HostRpnOutput, type ProposalOptions, type Proposals } from './proposals.js';
export { binWeights, roiAlign, roiAxisWeights, type RoiAxisWeights } from './roi-align.js';
export { createRandomSampler, lowestIndexSampler, type Sampler } from './samplers.js';
export {
  assignRoiTargets,
  assignTargets,
  type AssignOptions,
  type GroundTruth,
  type ImageTargets,
  type RoiTargets,
  type RpnTargets,
} from './targets.js';
