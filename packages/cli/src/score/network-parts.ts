import { InputErrors } from '@crrg/core';
import {
  CLINICAL_FINDINGS,
  evaluateBertScore,
  evaluateChexbertLabels,
  toChexbertLabels,
  type BertScore,
  type ReportEvaluation,
  type ReportLabelValues,
  type UncertainLabels,
} from '@crrg/metrics';
import type { PartItems, ScorePart } from './score-part.js';
import { openTextNetwork, truncationNotes, type TextNetwork } from './text-network.js';

/** Reports of one system beside their references. */
interface Texts {
  readonly candidates: readonly string[];
  readonly references: readonly (readonly string[])[];
}

/** Reports of one or two systems, and how they were paired. */
export interface PairedTexts extends Texts {
  readonly items: PartItems;
  readonly other?: (Texts & { readonly file: string }) | undefined;
}

interface NetworkWork {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Evaluates both systems with a network, which is freed in any case. */
async function partOf(
  folder: string,
  texts: PairedTexts,
  what: string,
  evaluatorOf: (network: TextNetwork) => (texts: Texts) => Promise<ReportEvaluation>,
): Promise<ScorePart> {
  const network = await openTextNetwork(folder);
  try {
    const evaluate = evaluatorOf(network);
    const evaluation = await evaluate(texts);
    const { other } = texts;
    const compared = other && { file: other.file, evaluation: await evaluate(other) };
    const items = { ...texts.items, notes: truncationNotes(what, network) };
    return { items, evaluation, other: compared };
  } finally {
    await network.dispose();
  }
}

const refuse = (folder: string, message: string): never => {
  throw new InputErrors([{ subject: folder, message }]);
};

/** The output that has a vector for each token. */
function stateOutput(folder: string, { outputNames }: TextNetwork): string {
  const name = ['last_hidden_state', 'hidden_states'].find((each) => outputNames.includes(each));
  return (
    name ??
    (outputNames.length === 1
      ? outputNames[0]!
      : refuse(
          folder,
          `expected an output last_hidden_state, got ${outputNames.join(', ')}; export the layer that is to be compared under that name.`,
        ))
  );
}

/**
 * BERTScore by a network that the user brings.
 * @throws {@link InputErrors} where it is none
 */
export function scoreBertScore(
  folder: string,
  texts: PairedTexts,
  options: { readonly idf?: boolean | undefined; readonly baseline?: BertScore | undefined } & NetworkWork,
): Promise<ScorePart> {
  return partOf(folder, texts, 'BERTScore', (network) => {
    const output = stateOutput(folder, network);
    const model = {
      name: network.name,
      tokenize: network.tokenize,
      embed: async (ids: readonly number[]) => (await network.run(ids))[output]!.data,
    };
    const { idf, baseline, signal, onProgress } = options;
    return ({ candidates, references }) =>
      evaluateBertScore(model, candidates, references, {
        idf,
        baseline,
        signal,
        onProgress: ({ done, total }) => onProgress?.(done, total),
      });
  });
}

/**
 * CheXbert F1 of texts that a CheXbert of the user's labels; several references of a report are read as one.
 * @throws {@link InputErrors} where it is none
 */
export function scoreChexbertTexts(
  folder: string,
  texts: PairedTexts,
  { uncertain, signal, onProgress }: { readonly uncertain: UncertainLabels } & NetworkWork,
): Promise<ScorePart> {
  return partOf(folder, texts, 'CheXbert', (network) => {
    const { outputNames } = network;
    if (outputNames.length !== CLINICAL_FINDINGS.length)
      refuse(
        folder,
        `expected an output for each of the 14 findings, got ${outputNames.length}; export CheXbert with its heads.`,
      );
    const labelsOf = async (text: string): Promise<ReportLabelValues> => {
      signal?.throwIfAborted();
      const outputs = await network.run(network.tokenize(text.replace(/\s+/g, ' ')));
      return toChexbertLabels(outputNames.map((name) => outputs[name]!.data));
    };
    return async ({ candidates, references }) => {
      const [ours, theirs]: [ReportLabelValues[], ReportLabelValues[]] = [[], []];
      for (const [at, candidate] of candidates.entries()) {
        ours.push(await labelsOf(candidate));
        theirs.push(await labelsOf(references[at]!.join('\n')));
        onProgress?.(at + 1, candidates.length);
      }
      const { signatures, ...evaluation } = evaluateChexbertLabels(ours, theirs, { uncertain });
      return {
        ...evaluation,
        signatures: { chexbert: `${signatures['chexbert']}|labeller:${network.name}` },
      };
    };
  });
}
