import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { createClaims } from '../output/claims.js';

/** Options that every command of `crrg data` with a file of studies has. */
export interface DataOutputOptions {
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

export const addOutputOptions = (command: Command): Command =>
  command
    .option('--json', 'print the data card')
    .option('--quiet', 'only errors on stderr')
    .option('--progress', 'progress also where stderr is no terminal');

async function isCard(file: string, schema: string): Promise<boolean> {
  const card = JSON.parse(await readFile(file, 'utf8')) as { readonly schema?: unknown };
  return String(card.schema).startsWith(schema);
}

/**
 * Sets a file of studies and its data card apart; both are ours where the card is.
 * @throws {UsageError} where one of them is not ours to replace
 */
export async function claimStudies(
  out: string,
  card: string,
  schema: string,
  inputs: readonly string[] = [],
): Promise<void> {
  const claims = await createClaims(inputs);
  const kind = { name: 'studies of crrg data', isOurs: () => isCard(card, schema), isStream: false };
  await claims.claim({ option: '--out', file: out, kind });
  await claims.claim({ option: '--out', file: card, kind, owner: 'the data card' });
}
