export { BERT_KEY_MAP } from './checkpoint-maps/bert.js';
export { CXR_CLIP_KEY_MAP, CXR_CLIP_PROBE_KEY_MAP } from './checkpoint-maps/cxr-clip.js';
export { TORCHVISION_IMAGE_ENCODER_KEY_MAP } from './checkpoint-maps/torchvision.js';
export { fitTemperature, fitThreshold, toProbability, type LabelledLogits } from './calibration.js';
export {
  DEFAULT_RCLIP_CONFIG,
  DEFAULT_TEXT_ENCODER_CONFIG,
  parseRclipConfig,
  requireProbe,
  requireTextEncoder,
  type ImageEncoderConfig,
  type ProbeConfig,
  type ProjectionKind,
  type RclipConfig,
  type TextEncoderConfig,
  type TextPooling,
} from './config.js';
export { cosineSimilarities, normalizeRows, type Embeddings } from './embeddings.js';
export type { EncodeOptions, RclipOptions } from './encode.js';
export { embedFeatures, project } from './forward/embed.js';
export { encodeImage, probeLogits, type ImageFeatures } from './forward/image-encoder.js';
export { encodeText, encodeTokens, poolTokens, type TokenInputs } from './forward/text-encoder.js';
export {
  contrastiveLosses,
  convirtLosses,
  type ContrastiveLossOptions,
  type ContrastiveLosses,
  type ConvirtLosses,
  type ConvirtLossOptions,
  type ViewEmbeddings,
} from './losses.js';
export { traceImageStage, traceTextStage } from './graphs.js';
export { labelScores, type Explanation, type LabelScore } from './probe.js';
export { createRclip, type EncodedImages, type Rclip } from './rclip.js';
export {
  computeRetrieval,
  rankOwnTexts,
  type RetrievalPairs,
  type RetrievalRanks,
  type RetrievalScores,
} from './retrieval.js';
export { imageFeatureDim, probeSpecs, rclipSpecs } from './specs.js';
export { padTokens, type EncodedText, type TextBatch, type TextTokenizer } from './text-batches.js';
export {
  PNEUMONIA_PROMPTS,
  scorePrompts,
  type ScorePromptsOptions,
  type ZeroShotScores,
} from './zero-shot.js';
export {
  createWordPieceTokenizer,
  type TokenizedText,
  type WordPieceTokenizer,
} from './tokenizer/tokenizer.js';
export { trainWordPieces, type TrainWordPiecesOptions } from './tokenizer/train-word-pieces.js';
export {
  parseWordPieceVocabulary,
  toVocabularyText,
  type WordPieceVocabulary,
} from './tokenizer/vocabulary.js';
export { drawViews, fixedViews, type StudyViews } from './views/draw-views.js';
export { parseReportSections, type ReportSections } from './views/report-sections.js';
export type { Study, StudyImage } from './views/study.js';
