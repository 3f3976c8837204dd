import type { TensorEntry } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import { rgrgOriginalName } from '@crrg/report-gen';
import type { ImportKind } from './kinds.js';
import type { Tensors } from './state-dicts.js';

/** Names of tensors that are dropped because they must equal others, with the names of those. */
function pairsOf(kind: ImportKind, entries: Tensors): [string, string][] {
  if (kind === 'gpt2')
    return [
      ['lm_head.weight', 'transformer.wte.weight'],
      ['lm_head.weight', 'wte.weight'],
    ];
  if (kind !== 'rgrg') return [];
  return [...entries.keys()].flatMap((name): [string, string][] => {
    const original = rgrgOriginalName(name);
    return original === undefined ? [] : [[name, original]];
  });
}

async function areEqual(a: TensorEntry, b: TensorEntry): Promise<boolean> {
  if ((a.aliasOf ?? a.name) === (b.aliasOf ?? b.name)) return true;
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  return Buffer.compare(await a.readBytes(), await b.readBytes()) === 0;
}

/**
 * Checks that tensors which the import leaves out are the same as those that it takes in their place: the head of a language model and
 * its token table, and the second names of RGRG's language model. Only what does not share memory in the file is read.
 * @throws {CheckpointError} for a head or a copy of its own
 */
export async function checkTiedTensors(kind: ImportKind, entries: Tensors): Promise<void> {
  for (const [copy, original] of pairsOf(kind, entries)) {
    const [a, b] = [entries.get(copy), entries.get(original)];
    if (!a || !b || (await areEqual(a, b))) continue;
    throw new CheckpointError(
      `pipeline.importModel: expected ${copy} to be the same as ${original}, got another tensor; this architecture has one for both, take a checkpoint that ties them.`,
    );
  }
}
