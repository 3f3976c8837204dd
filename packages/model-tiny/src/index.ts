/** The folder of the bundle: manifest, weights, tokenizer, model card. */
export const WEIGHTS_URL: URL = new URL('../weights/', import.meta.url);
