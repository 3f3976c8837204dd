export { createOnnxBackend } from './backend.js';
export type { OnnxBackendOptions, OrtModule } from './options.js';
export {
  exportGraph,
  type ExportedGraph,
  type ExportedValue,
  type ExportGraphOptions,
} from './export-graph.js';
export type { ExternalPiece } from './model.js';
export { openOnnxFile, type OnnxFile, type OnnxValue } from './onnx-file.js';
