import { ConfigError, type AbortOptions, type ProgressListener } from '@crrg/core';
import { createBeamSearch } from './beam-search.js';
import { createGreedySearch } from './greedy-search.js';
import type { Candidates, Continuation, Hypothesis, SearchOptions, SequenceSearch } from './search.js';

/** What the live beams of one sequence are fed in a step. */
export interface StepInput extends Continuation {
  /** Position of the sequence among those of the previous step (of all sequences in the first). */
  readonly previousSequence: number;
}

/**
 * A model seen from the search: takes one token per live beam, gives the likeliest next tokens. All sequences of a step have
 * equally many beams. Keeps what it needs of earlier tokens by itself.
 */
export interface StepModel {
  step(sequences: readonly StepInput[]): Promise<Candidates[]>;
}

/** Settings of {@link decodeSequences}. */
export interface DecodeOptions extends SearchOptions, AbortOptions {
  readonly onProgress?: ProgressListener | undefined;
  /** Hears of a sequence in the step in which it is done, once, with what is given for it at the end. */
  readonly onDone?: ((sequence: number, hypotheses: readonly Hypothesis[]) => void) | undefined;
}

/** @throws {ConfigError} naming every search option outside the limits */
export function checkSearchOptions(
  where: string,
  options: SearchOptions,
  limits: { readonly maxBeams: number; readonly maxLength: number },
): void {
  const check = (name: 'numBeams' | 'maxLength' | 'numReturnSequences', low: number, high: number) => {
    const value = options[name];
    const fits = Number.isSafeInteger(value) && value >= low && value <= high;
    return fits ? [] : [`${name} must be an integer in [${low}, ${high}], got ${value}`];
  };
  const problems = [
    ...check('numBeams', 1, limits.maxBeams),
    ...check('maxLength', 2, limits.maxLength),
    ...check('numReturnSequences', 1, options.numBeams),
  ];
  if (problems.length > 0)
    throw new ConfigError(`${where}: ${problems.join('; ')}; correct these options.`, {
      details: { problems },
    });
}

/**
 * Generates texts for `count` sequences side by side; a sequence that is done leaves the batch.
 * @returns per sequence, the best hypotheses, best first
 */
export async function decodeSequences(
  model: StepModel,
  count: number,
  options: DecodeOptions,
): Promise<Hypothesis[][]> {
  const create = options.numBeams === 1 ? createGreedySearch : createBeamSearch;
  const searches: SequenceSearch[] = Array.from({ length: count }, () => create(options));
  const found = new Array<Hypothesis[]>(count);
  let active = searches.map((_, index) => index);
  let inputs: StepInput[] = active.map((index) => ({
    previousSequence: index,
    tokenIds: [options.bosTokenId],
    parents: [0],
  }));
  for (let step = 1; active.length > 0; step++) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ type: 'token', step, activeSequences: active.length });
    const candidates = await model.step(inputs);
    const next: { index: number; input: StepInput }[] = [];
    active.forEach((index, previousSequence) => {
      const continuation = searches[index]!.advance(candidates[previousSequence]!);
      if (continuation) return void next.push({ index, input: { ...continuation, previousSequence } });
      found[index] = searches[index]!.hypotheses();
      options.onDone?.(index, found[index]);
    });
    active = next.map(({ index }) => index);
    inputs = next.map(({ input }) => input);
  }
  return found;
}
