export { MetricsError, type MetricsErrorCode } from './errors.js';
