export { gpt2KeyMap } from './checkpoint-maps/gpt2.js';
export {
  RGRG_UNREAD_NAMES,
  rgrgAliasNames,
  rgrgOriginalName,
  rgrgReportGenKeyMap,
} from './checkpoint-maps/rgrg.js';
export {
  DEFAULT_REPORT_GEN_CONFIG,
  parseReportGenConfig,
  type PositionTable,
  type ReportGenConfig,
} from './config.js';
export {
  HIDDEN_SCORE,
  languageModel,
  languageModelLoss,
  transformRegionFeatures,
  type KeyValue,
  type LanguageModelInputs,
  type LanguageModelOutputs,
} from './forward.js';
export {
  createReportGenerator,
  REPORT_GEN_DTYPES,
  weightDTypesOf,
  type GeneratedSentence,
  type GenerateOptions,
  type GenerateSentencesOptions,
  type ReportGenDType,
  type ReportGenerator,
  type ReportGeneratorOptions,
} from './generation/generator.js';
export { traceDecodeStep, tracePrefill } from './generation/graphs.js';
export {
  assembleReport,
  type AssembledReport,
  type AssembleReportOptions,
  type RegionText,
  type RemovedSentence,
  type ReportSentence,
} from './report/assemble-report.js';
export { tokenOverlapSimilarity, type SentenceSimilarity } from './report/similarity.js';
export { splitSentences, type SentenceSplitter } from './report/split-sentences.js';
export { decodeSequences, type DecodeOptions, type StepInput, type StepModel } from './search/decode.js';
export { readCandidates } from './search/read-candidates.js';
export type { BeamCandidates, Candidates, Hypothesis, SearchOptions } from './search/search.js';
export { baseSpecs, reportGenSpecs, type ReportGenSpecOptions } from './specs.js';
export { createTokenizer, type Tokenizer } from './tokenizer/tokenizer.js';
export { trainBpe, type TrainBpeOptions } from './tokenizer/train-bpe.js';
export {
  END_OF_TEXT,
  parseVocabulary,
  toVocabularyFiles,
  type BpeVocabulary,
  type VocabularyFiles,
} from './tokenizer/vocabulary.js';
