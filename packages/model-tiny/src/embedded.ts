import { decodeFiles, type EmbeddedFiles } from './embedded/decode.js';

export type { EmbeddedFiles } from './embedded/decode.js';

/**
 * The demonstration report model as code, for any bundler: a module of 13.6 MB (10.2 MB with gzip) that is loaded when this is called.
 *
 * @example
 * ```ts
 * const pipeline = await createReportPipeline({ model: tiny, classifier: tinyClassifier });
 * ```
 */
export async function tiny(): Promise<EmbeddedFiles> {
  return decodeFiles((await import('./embedded/weights.js')).default);
}

/** The demonstration classifier as code: a module of 3.9 MB that is loaded when this is called. */
export async function tinyClassifier(): Promise<EmbeddedFiles> {
  return decodeFiles((await import('./embedded/classifier.js')).default);
}
