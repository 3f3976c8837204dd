export * from './index.js';
export { findFile, requireFile } from './table/find-file.js';
export { parseCsv, readCsv, type ReadCsvOptions } from './table/read-csv.js';
export { readMimicReport } from './mimic/read-report.js';
export { readRegionStudies } from './region-studies/read.js';
