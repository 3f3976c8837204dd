/** `@crrg/rclip/back-translation`: other wordings of reports, by translation there and back. Runs in Node. */
export { addBackTranslations, backTranslate } from './back-translation/back-translate.js';
export type {
  BackTranslateOptions,
  BackTranslationProgress,
  TranslateOptions,
  TranslationCache,
  Translator,
} from './back-translation/back-translate.js';
export { openTranslationCache } from './back-translation/disk-cache.js';
export {
  loadMarianTranslator,
  type MarianTranslator,
  type MarianTranslatorOptions,
} from './back-translation/marian.js';
export type { TransformersModule } from './back-translation/transformers-module.js';
