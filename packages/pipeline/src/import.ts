export { checkBundleKeys } from './import/check-keys.js';
export { importModel, type ImportedModel } from './import/import-model.js';
export type { ImportModelOptions } from './import/import-options.js';
export { IMPORT_KINDS, type ImportKind } from './import/kinds.js';
