export { isOrdered, usableBox } from './imagenome/boxes.js';
export type { PhraseMode } from './imagenome/headings.js';
export { addToLog, emptyLog, formatLog, type SplitLog } from './imagenome/log.js';
export type { ImageOutcome, ListedImage, SkipReason } from './imagenome/outcomes.js';
export { cleanPhrases, type PhraseOptions } from './imagenome/phrases.js';
export { regionsOfSceneGraph } from './imagenome/regions.js';
export {
  parseSceneGraph,
  type SceneAttributes,
  type SceneGraph,
  type SceneObject,
} from './imagenome/scene-graph.js';
export { splitSentences, type SentenceSplitter } from './imagenome/sentences.js';
export { addToStatistics, emptyStatistics, type SplitStatistics } from './imagenome/statistics.js';
export { referenceReport, type NoReferenceReport, type ReferenceReport } from './mimic/reference-report.js';
export { normalizeSectionName } from './mimic/section-names.js';
export { parseReportSections, type ReportSection } from './mimic/sections.js';
export {
  collapsePythonSpace,
  formatPythonCsvRow,
  formatPythonFloat,
  formatPythonLiteral,
  formatPythonString,
  parsePythonLiteral,
  PythonFloat,
  type PythonCsvOptions,
  type PythonLiteralLimits,
  type PythonValue,
  type WritablePythonValue,
} from './python/index.js';
export { formatRegionStudy, parseRegionStudy } from './region-studies/lines.js';
export type { RegionAnnotation, RegionStudy, StudySplit } from './region-study.js';
export {
  CHEXPERT_COLUMNS,
  CHEXPERT_LABELS,
  chexpertPromptLabels,
  parseLabelStates,
  readChexpertStudies,
  readFiveBy200Patients,
  type ChexpertFilm,
  type ChexpertLabel,
  type ChexpertStudy,
  type LabelState,
} from './chexpert/studies.js';
export {
  FIVE_BY_200_COLUMNS,
  FIVE_BY_200_LABELS,
  parseFiveBy200Record,
  type FiveBy200Record,
} from './chexpert/five-by-200.js';
export { chexpertRow } from './chexpert/table.js';
export {
  drawImagePair,
  drawTextPair,
  imagePairGroups,
  textPairs,
  type ImagePairOptions,
  type Pair,
} from './cxr-clip/draws.js';
export { parseEvaluationRecord, type EvaluationRecord } from './cxr-clip/evaluation.js';
export {
  buildCxrClipRows,
  MIMIC_METADATA_COLUMNS,
  MIMIC_SPLIT_COLUMNS,
  readMimicStudyImages,
  type MimicDropReason,
  type MimicFolders,
  type MimicSplit,
  type MimicStudyImages,
  type MimicStudyRow,
} from './cxr-clip/mimic-studies.js';
export { cxrClipSections } from './cxr-clip/report-sections.js';
export {
  formatCxrClipTable,
  parseCxrClipRow,
  VIEW_COLUMNS,
  type CxrClipRow,
  type CxrClipTableOptions,
} from './cxr-clip/row.js';
export { readNihBoxes, type NihBox } from './nih/boxes.js';
export {
  NIH_COLUMNS,
  NIH_FINDINGS,
  parseNihAge,
  readNihEntries,
  type NihEntry,
  type NihFinding,
} from './nih/entries.js';
export { parseNihList, splitNih, type NihSplit } from './nih/split.js';
export { formatNihTable } from './nih/table.js';
export { randomPermutation } from './numpy/random-state.js';
export { sampleFraction, splitTrainTest, type TrainTestSplit } from './numpy/shares.js';
export {
  OPENI_PROJECTION_COLUMNS,
  openiImageName,
  readOpeniProjections,
  type OpeniProjection,
} from './openi/projections.js';
export { parseOpeniReport, type OpeniReport } from './openi/report.js';
export { openiReferenceText, openiSections, type ReferenceText } from './openi/text.js';
export {
  drawTrainingPrompt,
  nihPromptLabels,
  parsePromptTable,
  trainingSentences,
  validationPrompt,
  type FindingPrompts,
  type PromptLabels,
  type PromptTable,
} from './prompts/prompt-texts.js';
export {
  readRsnaPatients,
  RSNA_CLASS_COLUMNS,
  RSNA_CLASSES,
  RSNA_LABEL_COLUMNS,
  type RsnaClass,
  type RsnaPatient,
} from './rsna/patients.js';
export { pictureSize, toRsnaPicture, type StoredSpan } from './rsna/picture.js';
export { splitRsna, type RsnaSplit } from './rsna/split.js';
export {
  formatRsnaTable,
  parseClassificationRow,
  RSNA_CLASS_NAMES,
  type ClassificationRow,
} from './rsna/table.js';
export { createSkipCounts, type SkipCounts } from './studies/skips.js';
export type { CsvRow, Rows } from './table/csv-row.js';
export { parseRrgRow, REQUIRED_RRG_COLUMNS } from './rrg/csv-in.js';
export { formatRrgHeader, formatRrgRow } from './rrg/csv-out.js';
export { RRG_TABLES, splitOfTable, tableOfImage, type RrgRow, type RrgTable } from './rrg/row.js';
export { countReversedBoxes, rrgRowToStudy, studyToRrgRow } from './rrg/to-study.js';
export { toLabels, type LabelPolicy } from './chexpert/to-labels.js';
export { cocoRegionStudy, cocoStudy, parseCoco, type CocoImage, type CocoSet } from './coco/coco.js';
export { formatRclipStudy, uniqueStudies, type RclipStudy } from './studies/rclip-study.js';
