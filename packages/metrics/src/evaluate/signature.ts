import { version } from '../../package.json';
import type { TextItem } from '../text/items.js';

/** What all metrics of a run have in common. */
export interface RunDescription {
  readonly tokenizer: string;
  readonly lowercase: boolean;
  /** Fewest and most references of an item. */
  readonly references: readonly [fewest: number, most: number];
}

/** The fewest and the most references that an item has. */
export function countReferences(items: readonly TextItem[]): [fewest: number, most: number] {
  let fewest = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const { references } of items) {
    fewest = Math.min(fewest, references.length);
    most = Math.max(most, references.length);
  }
  return [fewest, most];
}

/**
 * How a number was made, in one line: metric, version of this package, then what each choice was, for instance
 * `bleu|crrg-metrics:0.1.0|refs:1|tok:ptb-corenlp-3.4.1|case:mixed|smooth:1e-15+1e-9`.
 */
export function metricSignature(
  metric: { readonly name: string; readonly text: 'raw' | 'tokenized' },
  choices: Readonly<Record<string, string>>,
  run: RunDescription,
): string {
  const [fewest, most] = run.references;
  const common = {
    'crrg-metrics': version,
    refs: fewest === most ? String(fewest) : `${fewest}-${most}`,
    ...(metric.text === 'tokenized'
      ? { tok: run.tokenizer, case: run.lowercase || run.tokenizer.startsWith('ptb') ? 'lower' : 'mixed' }
      : {}),
  };
  const parts = Object.entries({ ...common, ...choices }).map(([key, value]) => `${key}:${value}`);
  return [metric.name, ...parts].join('|');
}
