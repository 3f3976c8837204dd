import { createReportGenerator, type Hypothesis, type ReportGenConfig } from '@crrg/report-gen';
import type { StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { numberTokenizer } from './number-tokenizer.js';

interface Generation {
  readonly settings: {
    readonly max_length: number;
    readonly num_beams: number;
    readonly early_stopping: boolean;
    readonly num_return_sequences: number;
  };
  readonly features: string;
}

/** Rows of token ids, padded to one width. */
export function padRows(hypotheses: readonly Hypothesis[], width: number, padTokenId: number): number[] {
  return hypotheses.flatMap(({ tokenIds }) => [
    ...tokenIds,
    ...new Array<number>(Math.max(0, width - tokenIds.length)).fill(padTokenId),
  ]);
}

/** Token ids by greedy and beam search, and the scores of the beams. */
export async function checkGeneration(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  const generations = Object.entries(context.sidecar['generation'] as Record<string, Generation>);
  const maxBeams = Math.max(...generations.map(([, { settings }]) => settings.num_beams));
  const tokenizer = numberTokenizer(config);
  const generator = await createReportGenerator({
    config,
    weights,
    tokenizer,
    backend: await context.backend(),
    maxBeams,
  });
  for (const [name, { settings, features }] of generations) {
    const found = await generator.search(context.tensor(features).data as Float32Array, {
      numBeams: settings.num_beams,
      maxLength: settings.max_length,
      earlyStopping: settings.early_stopping,
      numReturnSequences: settings.num_return_sequences,
    });
    const hypotheses = found.flat();
    context.checkEqual(name, padRows(hypotheses, context.tensor(name).shape[1]!, config.padTokenId));
    const scores = `${name}.sequence_scores`;
    if (context.tensors.has(scores))
      context.check(
        scores,
        hypotheses.map(({ score }) => score),
      );
  }
  generator.dispose();
}
