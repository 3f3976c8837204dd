export { createTfjsBackend } from './backend.js';
export type { TfjsBackendOptions, TfjsEngine } from './engine.js';
