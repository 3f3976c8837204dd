export {
  computeBertScore,
  inverseDocumentWeights,
  rescaleBertScore,
  type BertScore,
  type EmbeddedText,
  type TokenWeights,
} from './bert-score.js';
export { computeBleu, type BleuCounts, type BleuResult, type BleuScores } from './bleu.js';
export { computeCider, type CiderOptions, type CiderResult, type DocumentFrequencies } from './cider.js';
export { type References, type TextItem } from './items.js';
export { computeRougeL, type RougeLResult } from './rouge.js';
export {
  computeRouge,
  type RougeItem,
  type RougeOptions,
  type RougeResult,
  type RougeScore,
} from './rouge-score.js';
export {
  TfidfModel,
  computeTfidfCosine,
  fitTfidf,
  tfidfCosine,
  type TfidfFit,
  type TfidfOptions,
  type TfidfResult,
  type TfidfVector,
} from './tfidf.js';
