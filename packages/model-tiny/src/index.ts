const HERE = import.meta.url;

/** The folder of the report model's bundle: manifest, weights, tokenizer, model card. */
export const WEIGHTS_URL: URL = new URL('../weights/', HERE);

/** The folder of the classifier's bundle. */
export const CLASSIFIER_URL: URL = new URL('../classifier/', HERE);

/** Files of the report model's bundle by name, each with an address that bundlers and file tracing of servers follow. */
export const WEIGHTS_FILES: Readonly<Record<string, URL>> = {
  'manifest.json': new URL('../weights/manifest.json', import.meta.url),
  'weights.safetensors': new URL('../weights/weights.safetensors', import.meta.url),
  'vocab.json': new URL('../weights/vocab.json', import.meta.url),
  'merges.txt': new URL('../weights/merges.txt', import.meta.url),
  'MODEL_CARD.md': new URL('../weights/MODEL_CARD.md', import.meta.url),
  'evaluation.json': new URL('../weights/evaluation.json', import.meta.url),
};

/** Files of the classifier's bundle by name, as {@link WEIGHTS_FILES}. */
export const CLASSIFIER_FILES: Readonly<Record<string, URL>> = {
  'manifest.json': new URL('../classifier/manifest.json', import.meta.url),
  'weights.safetensors': new URL('../classifier/weights.safetensors', import.meta.url),
  'vocab.txt': new URL('../classifier/vocab.txt', import.meta.url),
  'MODEL_CARD.md': new URL('../classifier/MODEL_CARD.md', import.meta.url),
  'evaluation.json': new URL('../classifier/evaluation.json', import.meta.url),
  'calibration.svg': new URL('../classifier/calibration.svg', import.meta.url),
};
