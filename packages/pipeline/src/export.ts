export {
  EXPORT_TARGETS,
  exportModel,
  type ExportedModel,
  type ExportModelOptions,
  type ExportTarget,
} from './export/export-model.js';
export type { ModelKind } from './export/model-kind.js';
export type { ExportNames } from './export/safetensors.js';
