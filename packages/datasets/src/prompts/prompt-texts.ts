import { DataError, type Random } from '@crrg/core';

/** Sentences of a finding: it is there, it is not there, it may be there. Sets that never say so have no such list. */
export interface FindingPrompts {
  readonly pos?: readonly string[];
  readonly neg?: readonly string[];
  readonly unc?: readonly string[];
}

/** Sentences by finding: the prompt file of CXR-CLIP. */
export type PromptTable = Readonly<Record<string, FindingPrompts>>;

/** Names of what is known of a film. */
export interface PromptLabels {
  readonly positive: readonly string[];
  readonly negative: readonly string[];
  readonly uncertain: readonly string[];
}

const isTexts = (value: unknown) =>
  value === undefined ||
  (Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string'));

const isPrompts = (value: unknown): value is FindingPrompts => {
  if (typeof value !== 'object' || value === null) return false;
  const { pos, neg, unc } = value as Record<string, unknown>;
  return isTexts(pos) && isTexts(neg) && isTexts(unc);
};

/**
 * The prompt file of CXR-CLIP: an object of findings, each with lists `pos`, `neg`, `unc`.
 * @param name of the file, for messages
 * @throws {@link DataError} where it is another kind of JSON
 */
export function parsePromptTable(text: string, name: string): PromptTable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name}: expected a JSON object of prompts, got no JSON; check the file.`, {
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length > 0 && entries.every(([, prompts]) => isPrompts(prompts)))
      return Object.assign(Object.create(null) as object, value) as PromptTable;
  }
  throw new DataError(
    `${name}: expected an object of findings with lists pos, neg or unc, got another; check the file.`,
  );
}

/**
 * Labels of ChestX-ray14 as prompts know them: positives only, `Effusion` is `Pleural Effusion`.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees.
 */
export const nihPromptLabels = (findings: readonly string[]): PromptLabels => ({
  positive: findings.map((name) => (name === 'Effusion' ? 'Pleural Effusion' : name)),
  negative: [],
  uncertain: [],
});

function promptsOf(table: PromptTable, name: string, kind: keyof FindingPrompts): readonly string[] {
  const prompts = table[name]?.[kind];
  if (prompts) return prompts;
  throw new DataError(
    `datasets.prompts: expected prompts ${kind} for each label, got none for a label of ${name.length} characters; add it to the table.`,
  );
}

/**
 * The text that stands for a film's labels in validation: the first sentence of each positive, `No Finding` where there is none. What is
 * absent or uncertain is not said.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees.
 * @throws {@link DataError} for a label without prompts
 */
export function validationPrompt({ positive }: PromptLabels, table: PromptTable): string {
  const said = positive.length > 0 ? positive : ['No Finding'];
  return said
    .map((name) => promptsOf(table, name, 'pos')[0]!)
    .filter((sentence) => sentence !== '')
    .join(' ');
}

const sentenceLists = ({ positive, negative, uncertain }: PromptLabels, table: PromptTable) => [
  ...positive.map((name) => promptsOf(table, name, 'pos')),
  ...negative.map((name) => promptsOf(table, name, 'neg')),
  ...uncertain.map((name) => promptsOf(table, name, 'unc')),
];

const isSaid = (sentence: string) => sentence !== '';

/**
 * Every sentence that training may say of a film's labels; empty ones are never said.
 * @throws {@link DataError} for a label without prompts
 */
export const trainingSentences = (labels: PromptLabels, table: PromptTable): ReadonlySet<string> =>
  new Set(sentenceLists(labels, table).flat().filter(isSaid));

/**
 * A text that stands for a film's labels in training: of each label one sentence, in any order.
 * @throws {@link DataError} for a label without prompts
 */
export function drawTrainingPrompt(labels: PromptLabels, table: PromptTable, random: Random): string {
  const drawn = sentenceLists(labels, table).map((list) => list[random.integer(list.length)]!);
  return random.shuffle(drawn.filter(isSaid)).join(' ');
}
