export { BERT_KEY_MAP } from './checkpoint-maps/bert.js';
export { CXR_CLIP_KEY_MAP, CXR_CLIP_PROBE_KEY_MAP } from './checkpoint-maps/cxr-clip.js';
export { TORCHVISION_IMAGE_ENCODER_KEY_MAP } from './checkpoint-maps/torchvision.js';
export {
  DEFAULT_RCLIP_CONFIG,
  DEFAULT_TEXT_ENCODER_CONFIG,
  parseRclipConfig,
  type ImageEncoderConfig,
  type ProbeConfig,
  type ProjectionKind,
  type RclipConfig,
  type TextEncoderConfig,
  type TextPooling,
} from './config.js';
export { embedFeatures, project, toUnitLength } from './forward/embed.js';
export { encodeImage, probeLogits, type ImageFeatures } from './forward/image-encoder.js';
export {
  encodeText,
  encodeTokens,
  poolTokens,
  type Dropout,
  type TokenInputs,
} from './forward/text-encoder.js';
export {
  contrastiveLosses,
  type ContrastiveLossOptions,
  type ContrastiveLosses,
  type ViewEmbeddings,
} from './losses.js';
export { imageFeatureDim, probeSpecs, rclipSpecs, textEncoderSpecs } from './specs.js';
