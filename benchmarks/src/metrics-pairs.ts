import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@crrg/core';
import type { Pairs } from './metrics-run.js';

/** A golden corpus, as far as its raw texts are concerned. */
interface Corpus {
  readonly items: readonly { readonly refs_raw: readonly string[]; readonly hyp_raw: string }[];
}

const LARGE = 'corpus-size500-single.ptb.json';
const SMALL = fileURLToPath(
  new URL('../../packages/metrics/src/__fixtures__/corpus-size20-multi.ptb.json', import.meta.url),
);

/** The raw pairs of a golden folder, or the few of the repository where it is missing. */
export async function readPairs(folder: string): Promise<Pairs> {
  const large = join(folder, LARGE);
  const { items } = JSON.parse(await readFile(existsSync(large) ? large : SMALL, 'utf8')) as Corpus;
  return {
    candidates: items.map(({ hyp_raw }) => hyp_raw),
    references: items.map(({ refs_raw }) => refs_raw[0]!),
  };
}

/**
 * As many pairs as asked for: the given ones, and where they are too few, new ones of the same sentences. A new reference takes the number
 * of sentences of a given one, its candidate keeps some of them and adds others, always the same for the same number of pairs.
 */
export function withCount({ candidates, references }: Pairs, count: number): Pairs {
  if (count <= candidates.length)
    return { candidates: candidates.slice(0, count), references: references.slice(0, count) };
  const random = createRandom(count);
  const sentencesOf = (text: string) => text.split(/(?<=\.) /);
  const pool = [...candidates, ...references].flatMap(sentencesOf);
  const pick = () => pool[Math.floor(random.next() * pool.length)]!;
  const made: { candidates: string[]; references: string[] } = { candidates: [], references: [] };
  for (let index = 0; index < count; index++) {
    const length = sentencesOf(references[index % references.length]!).length;
    const reference = Array.from({ length }, pick);
    const candidate = reference.map((sentence) => (random.next() < 0.5 ? sentence : pick()));
    made.references.push(reference.join(' '));
    made.candidates.push(candidate.slice(0, Math.max(1, length - 1)).join(' '));
  }
  return made;
}
