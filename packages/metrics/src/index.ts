export { MetricsError, type MetricsErrorCode } from './errors.js';
export * from './classification/index.js';
