export {
  CLASSIFICATION_SCHEMA,
  type HeatMap,
  type LabelResult,
  type ModelReference,
  type RadiographClassification,
} from './classification.js';
export {
  findContradictions,
  findDisagreements,
  type Contradiction,
  type DecidedScores,
} from './doubts/report-doubts.js';
export { isPart, loadModelPart, PARTS, partSpecs, type ModelPart, type Part } from './models/model-part.js';
export {
  loadRclipModel,
  loadWordPieces,
  parseRclipManifest,
  toRclipManifest,
  type RclipManifest,
  type RclipModel,
} from './models/rclip-model.js';
export { loadReportModel, type ReportModel } from './models/report-model.js';
export { parseRrgConfig, partOf, rrgSpecs, type RrgConfig, type RrgPart } from './models/rrg-config.js';
export type { ReportGenDType } from '@crrg/report-gen';
export type { FilmReport, Films, FilmSource } from './batch/film-report.js';
export type {
  BatchReportOptions,
  ClassifyOptions,
  CreateClassifierOptions,
  CreatePipelineOptions,
  OwnBackendName,
  RegionPrompt,
  ReportOptions,
  WorkerChoice,
} from './options.js';
export { markOf, placeTags, type Mark } from './overlay/marks.js';
export type { ModelFiles, ModelInCode } from './model-files.js';
export {
  createImageHref,
  renderOverlaySvg,
  type OverlayHeatMap,
  type OverlayInput,
  type OverlayRegion,
} from './overlay/render-overlay.js';
export { classificationOverlayOf, overlayOf, type OverlayFilm } from './overlay/report-overlay.js';
export type { RadiographClassifier } from './radiograph-classifier.js';
export type {
  IdentifierOptions,
  LoadRadiographOptions,
  Radiograph,
  RadiographSource,
  ReportInput,
} from './radiograph.js';
export type { GenerateReport, GenerateReports, ReportPipeline, StreamReport } from './report-pipeline.js';
export {
  REPORT_SCHEMA,
  type ClassifiedReport,
  type Finding,
  type Provenance,
  type RegionDescription,
  type RegionResult,
  type RegionStatus,
  type Report,
} from './report.js';
export type { RegionsEvent, ReportEvent, SentenceEvent, WholeReportEvent } from './stream/report-event.js';
export type { ValueStream } from './stream/value-stream.js';
export type { PoolOptions, PoolStats, ReportPool } from './worker/pool.js';
