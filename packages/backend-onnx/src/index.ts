export { createOnnxBackend } from './backend.js';
export type { OnnxBackendOptions, OrtModule } from './options.js';
