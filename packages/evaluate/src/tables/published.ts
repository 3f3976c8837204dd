import json from './published.json' with { type: 'json' };

/** A figure that a table has a column for. */
export interface PublishedColumn {
  readonly key: string;
  readonly name: string;
  /** Digits behind the point. @defaultValue 3 */
  readonly digits?: number | undefined;
}

/** A published row: figures by the key of their column, texts as they are. */
export interface PublishedRow {
  readonly name: string;
  readonly source: string;
  /** Whether it may be compared with a row of ours, under the conditions of its notes. */
  readonly comparable: boolean;
  readonly notes: readonly string[];
  readonly values: Readonly<Record<string, number | string | undefined>>;
}

/** A table of published rows. */
export interface PublishedTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly PublishedColumn[];
  readonly rows: readonly PublishedRow[];
}

/** Where published figures come from, and what they are worth. */
export interface PublishedSource {
  readonly title: string;
  /** In print, in a log, or from memory of a publication. */
  readonly evidence: 'printed' | 'logged' | 'recalled';
}

/**
 * Published figures with their sources.
 * Source: docs/reference/evaluation.md#published-numbers.
 */
export const PUBLISHED = json as unknown as {
  readonly sources: Readonly<Record<string, PublishedSource>>;
  readonly notes: Readonly<Record<string, string>>;
  readonly tables: readonly PublishedTable[];
};
