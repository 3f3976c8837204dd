/** Shape shorthand in this module: `B` images, `P` prompts, `E` width of embeddings. */
import { ConfigError } from '@crrg/core';
import { cosineSimilarities, requireComparable, type Embeddings } from './embeddings.js';

/** The reference's prompts for pneumonia; the final period of the second alone is in its code. */
export const PNEUMONIA_PROMPTS: readonly [negative: string, positive: string] = [
  'No evidence of pneumonia',
  'Findings suggesting pneumonia.',
];

/** How well prompts fit images; rows are images, columns prompts. */
export interface ZeroShotScores {
  /** Cosines `[B, P]`, in [-1, 1]. */
  readonly similarities: Float32Array;
  /** Softmax of the cosines over the prompts, `[B, P]`: rows sum to 1. Comparable between images, not calibrated. */
  readonly probabilities: Float32Array;
  /** The best prompt of each image, `[B]`. */
  readonly best: readonly number[];
}

/** Settings of {@link scorePrompts}. */
export interface ScorePromptsOptions {
  /** Cosines are divided by this before the softmax. @defaultValue 1, as the reference */
  readonly temperature?: number | undefined;
}

/** @throws {ConfigError} for fewer than two prompts, or two that are equal */
export function requirePrompts(where: string, prompts: readonly unknown[]): void {
  if (prompts.length < 2)
    throw new ConfigError(
      `${where}: expected at least two prompts, got ${prompts.length}; zero-shot scores compare prompts, so give the opposite too ("No pneumonia").`,
    );
  const twice = prompts.find((prompt, index) => prompts.indexOf(prompt) !== index);
  if (twice !== undefined)
    throw new ConfigError(
      `${where}: expected different prompts, got ${JSON.stringify(twice)} twice; remove one.`,
    );
}

function softmaxRow(row: Float32Array, temperature: number): void {
  const largest = row.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp((row[i]! - largest) / temperature);
  for (let i = 0; i < row.length; i++) row[i]! /= sum;
}

/**
 * Zero-shot scores of image embeddings `[B, E]` against prompt embeddings `[P, E]`.
 *
 * Source: CXR-CLIP's evaluator, docs/reference/rclip.md#zero-shot-classification-and-retrieval: a softmax over the prompts without
 * temperature.
 * @throws {ConfigError} for fewer than two prompts or a temperature that is not positive
 * @throws {ShapeError} for embeddings of different widths
 */
export function scorePrompts(
  images: Embeddings,
  prompts: Embeddings,
  { temperature = 1 }: ScorePromptsOptions = {},
): ZeroShotScores {
  const where = 'rclip.scorePrompts';
  requireComparable(where, ['images', images], ['prompts', prompts]);
  requirePrompts(where, [...new Array<number>(prompts.shape[0]!).keys()]);
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw new ConfigError(
      `${where}: expected a positive temperature, got ${temperature}; leave it out for 1.`,
    );
  const count = prompts.shape[0]!;
  const similarities = cosineSimilarities(images, prompts).data;
  const probabilities = Float32Array.from(similarities);
  const best: number[] = [];
  for (let start = 0; start < probabilities.length; start += count) {
    const row = probabilities.subarray(start, start + count);
    softmaxRow(row, temperature);
    best.push(row.indexOf(row.reduce((a, b) => Math.max(a, b))));
  }
  return { similarities, probabilities, best };
}
