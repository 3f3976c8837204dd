export { MetricsError, type MetricsErrorCode } from './errors.js';
export * from './classification/index.js';
export * from './clinical/index.js';
export * from './detection/index.js';
export * from './plots/index.js';
export * from './statistics/index.js';
export * from './evaluate/index.js';
export * from './text/index.js';
export * from './tokenize/index.js';
