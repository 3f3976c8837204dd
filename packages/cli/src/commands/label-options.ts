import type { ImportModelOptions } from '@crrg/pipeline/import';
import { UsageError } from '../errors.js';

/** `--labels` and `--thresholds`, as they were typed. */
export interface LabelTexts {
  readonly labels?: string | undefined;
  readonly thresholds?: string | undefined;
}

const partsOf = (text: string) => text.split(',').map((part) => part.trim());

function parseLabels(text: string): string[] {
  const labels = partsOf(text);
  if (labels.every((label) => label !== '') && new Set(labels).size === labels.length) return labels;
  throw new UsageError(`--labels: expected different names between commas, got ${JSON.stringify(text)}.`);
}

function parseThresholds(text: string): number[] {
  const thresholds = partsOf(text).map((part) => (part === '' ? NaN : Number(part)));
  if (thresholds.every((value) => value >= 0 && value <= 1)) return thresholds;
  throw new UsageError(
    `--thresholds: expected numbers from 0 to 1 between commas, got ${JSON.stringify(text)}.`,
  );
}

/**
 * The two options as lists.
 * @throws {UsageError} for names that are empty or equal, numbers outside [0, 1], and lists of different lengths
 */
export function labelOptions(texts: LabelTexts): Pick<ImportModelOptions, 'labels' | 'thresholds'> {
  const options = {
    ...(texts.labels !== undefined && { labels: parseLabels(texts.labels) }),
    ...(texts.thresholds !== undefined && { thresholds: parseThresholds(texts.thresholds) }),
  };
  const { labels, thresholds } = options;
  if (labels && thresholds && labels.length !== thresholds.length)
    throw new UsageError(
      `--thresholds: expected one for each of ${labels.length} labels, got ${thresholds.length}.`,
    );
  return options;
}
