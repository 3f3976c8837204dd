export * from './index.js';
export { findFile, requireFile } from './table/find-file.js';
export { parseCsv, readCsv, type ReadCsvOptions } from './table/read-csv.js';
export { readMimicReport } from './mimic/read-report.js';
export { readRegionStudies, readRegionStudyLines, type RegionStudyLine } from './region-studies/read.js';
export { buildRrgRows, type BuildRowsOptions } from './imagenome/build-rows.js';
export {
  buildImagenomeStudies,
  type BuildStudiesOptions,
  type StudyOutcome,
  type StudySkipReason,
} from './imagenome/build-studies.js';
export { computeSplitStatistics } from './imagenome/read-statistics.js';
export { locateImagenome, type ImagenomeFiles, type ImagenomeRoots } from './imagenome/roots.js';
export { readRrgCsv } from './rrg/read-csv.js';
export { cardPath, type CountsBySplit, type DataCard, type SplitCounts } from './study-file/data-card.js';
export { findImagenomeRoots, findMimicRoots } from './study-file/find-roots.js';
export { listSizes } from './study-file/list-sizes.js';
export { findRsnaLists } from './rsna/lists.js';
export { writeImagenomeStudies, type WriteImagenomeOptions } from './study-file/write-imagenome.js';
export { writeRegionStudies, type WriteRegionOptions } from './study-file/write-region-studies.js';
export { readRrgTables, rrgTablePath, writeRrgTables, type RrgTableCounts } from './rrg/tables.js';
export { readCocoRegionStudies, readCocoStudies, type CocoSource } from './coco/read-coco.js';
export { readChexpertRclipStudies, type ChexpertSourceOptions } from './chexpert/source.js';
export { kermanyPatient, readKermanyStudies } from './kermany/studies.js';
export { readNihStudies } from './nih/studies.js';
export { readOpeniStudies, type OpeniSourceOptions } from './openi/studies.js';
export { readRsnaStudies, type RsnaSourceOptions } from './rsna/studies.js';
export type { SourceOptions } from './studies/source-options.js';
export { readMimicRclipStudies, type MimicRoots, type MimicSourceOptions } from './mimic/rclip-studies.js';
export {
  rclipCardPath,
  writeRclipSource,
  writeRclipStudies,
  type RclipCounts,
  type RclipDataCard,
  type WriteRclipOptions,
  type WriteRclipSourceOptions,
} from './studies/write-rclip-studies.js';
export { createUnitLog, type UnitLog, type UnitState } from './studies/unit-log.js';
