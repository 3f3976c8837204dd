export * from './index.js';
export { findFile, requireFile } from './table/find-file.js';
export { parseCsv, readCsv, type ReadCsvOptions } from './table/read-csv.js';
