import { MetricsError, computeTfidfCosine, fitTfidf, tfidfCosine, type TfidfFit } from '@crrg/metrics';
import type { ParityContext } from '../framework/context.js';
import { checkTexts, tolerance } from './checks.js';

interface TfidfCase {
  readonly name: string;
  readonly docs: readonly string[];
  readonly expected:
    | { readonly error: string }
    | {
        readonly vocabulary: readonly string[];
        readonly idf: readonly number[];
        readonly rows: readonly Readonly<Record<string, number>>[];
        readonly cosine: readonly (readonly number[])[];
      };
}

type TfidfPairs = {
  readonly items: readonly { readonly ref: string; readonly hyp: string }[];
  readonly mean?: Readonly<Record<string, number>>;
} & Readonly<Record<string, readonly number[] | undefined>>;

function isRefused(documents: readonly string[]): boolean {
  try {
    fitTfidf(documents);
    return false;
  } catch (error) {
    return MetricsError.isInstance(error);
  }
}

function checkTfidfCase(context: ParityContext, { name, docs, expected }: TfidfCase): void {
  if ('error' in expected) {
    context.report(`${name} is refused`, isRefused(docs) ? 0 : 1, 0);
    return;
  }
  const model = fitTfidf(docs);
  const vectors = docs.map((document) => model.vector(document));
  checkTexts(context, `${name} vocabulary`, [[model.vocabulary().join(' '), expected.vocabulary.join(' ')]]);
  const frequencies = model.vocabulary().map((word) => model.inverseDocumentFrequency(word)!);
  context.check(`${name} inverse document frequencies`, frequencies, expected.idf, { tolerance });
  expected.rows.forEach((row, index) => {
    const words = Object.keys(row);
    const ours = [vectors[index]!.size, ...words.map((word) => vectors[index]!.get(word) ?? Number.NaN)];
    context.check(`${name} row ${index}`, ours, [words.length, ...Object.values(row)], { tolerance });
  });
  const cosines = vectors.flatMap((a) => vectors.map((b) => tfidfCosine(a, b)));
  context.check(`${name} cosines`, cosines, expected.cosine.flat(), { tolerance });
}

const FIT_OF: Readonly<Record<string, TfidfFit>> = {
  fit_all: 'all',
  fit_refs: 'references',
  fit_pair: 'item',
};

export function checkTfidf(
  context: ParityContext,
  golden: { readonly cases: readonly TfidfCase[]; readonly pairs?: TfidfPairs },
): void {
  for (const each of golden.cases) checkTfidfCase(context, each);
  const { pairs } = golden;
  if (!pairs) return;
  const candidates = pairs.items.map(({ hyp }) => hyp);
  const references = pairs.items.map(({ ref }) => ref);
  for (const [name, fit] of Object.entries(FIT_OF)) {
    const cosines = pairs[`cosine_${name}`];
    if (!cosines) continue;
    const ours = computeTfidfCosine(candidates, references, { fit });
    context.check(`${name} per item`, ours.items, cosines, { tolerance });
    const mean = pairs.mean?.[name];
    if (mean !== undefined) context.check(`${name} mean`, [ours.mean], [mean], { tolerance });
  }
}
