/** The folder of the report model's bundle: manifest, weights, tokenizer, model card. */
export const WEIGHTS_URL: URL = new URL('../weights/', import.meta.url);

/** The folder of the classifier's bundle. */
export const CLASSIFIER_URL: URL = new URL('../classifier/', import.meta.url);
