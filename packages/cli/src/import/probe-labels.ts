import type { CheckpointValue } from '@crrg/checkpoints';
import { UsageError } from '../errors.js';
import type { Fields } from './merge-fields.js';

/** Lists under which people save what the outputs of a classifier mean. */
const LABEL_LISTS = /(^|\/)(labels|label_names|class_names|classes|pathologies|target_names)\/0$/;

/** Names that claim nothing. */
export function placeholderLabels(outputs: number): string[] {
  return Array.from({ length: outputs }, (_, index) => `Label ${index + 1}`);
}

/** What the file itself says of its outputs: a list of that many different texts under a usual name; undefined where there is none. */
export function savedLabels(
  values: ReadonlyMap<string, CheckpointValue>,
  outputs: number,
): string[] | undefined {
  const lists = [...values.keys()].filter((name) => LABEL_LISTS.test(name)).map((name) => name.slice(0, -1));
  for (const list of lists) {
    const size = [...values.keys()].filter((name) => name.startsWith(list)).length;
    const labels = Array.from({ length: size }, (_, index) => values.get(`${list}${index}`));
    const areTexts = labels.every((label) => typeof label === 'string' && label.trim() !== '');
    if (areTexts && size === outputs && new Set(labels).size === size) return labels as string[];
  }
  return undefined;
}

/** What `--labels` and `--thresholds` give, as they were typed. */
export interface LabelOptions {
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
 * The two options as a part of the configuration.
 * @throws {UsageError} for names that are empty or equal, numbers outside [0, 1], and lists of different lengths
 */
export function labelFields({ labels, thresholds }: LabelOptions): Fields {
  if (labels === undefined && thresholds === undefined) return {};
  const probe = {
    ...(labels !== undefined && { labels: parseLabels(labels) }),
    ...(thresholds !== undefined && { thresholds: parseThresholds(thresholds) }),
  };
  if (probe.labels && probe.thresholds && probe.labels.length !== probe.thresholds.length)
    throw new UsageError(
      `--thresholds: expected one for each of ${probe.labels.length} labels, got ${probe.thresholds.length}.`,
    );
  return { rclip: { probe } };
}
