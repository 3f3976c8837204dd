export {
  CLASSIFICATION_SCHEMA,
  type HeatMap,
  type LabelResult,
  type ModelReference,
  type RadiographClassification,
} from './classification.js';
export {
  assembleClassifier,
  seenBox,
  type ClassifierParts,
  type ClassifierStages,
  type ClassifyOptions,
} from './classifier-stages.js';
export {
  createImageHref,
  renderOverlaySvg,
  type OverlayHeatMap,
  type OverlayInput,
  type OverlayRegion,
} from './overlay.js';
export {
  loadRclipModel,
  loadWordPieces,
  parseRclipManifest,
  toRclipManifest,
  type RclipManifest,
  type RclipModel,
} from './rclip-model.js';
export { isPart, loadModelPart, PARTS, partSpecs, type ModelPart, type Part } from './model-part.js';
export {
  findContradictions,
  findDisagreements,
  type Contradiction,
  type DecidedScores,
} from './report-doubts.js';
export { loadReportModel, type ReportModel } from './report-model.js';
export { classificationOverlayOf, overlayOf } from './report-overlay.js';
export {
  assemblePipeline,
  type PipelineParts,
  type Radiograph,
  type RegionPrompt,
  type ReportOptions,
  type ReportStages,
} from './report-pipeline.js';
export {
  REPORT_SCHEMA,
  type Finding,
  type Provenance,
  type RegionDescription,
  type RegionResult,
  type RegionStatus,
  type Report,
  type ReportInput,
} from './report.js';
export { parseRrgConfig, partOf, rrgSpecs, type RrgConfig, type RrgPart } from './rrg-config.js';
