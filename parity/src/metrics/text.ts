import { ptbTokens, tokenizePtb } from '@crrg/metrics';
import type { ParityContext, ParitySuite } from '../framework/context.js';
import { checkTexts } from './checks.js';
import { checkCorpus, checkExternalFrequencies } from './corpus.js';
import { checkDetail, checkLexicon, checkNormalizer } from './meteor.js';
import { checkTfidf } from './tfidf.js';

interface TokenizerCase {
  readonly raw: string;
  readonly ptb: string;
  readonly tokens: string;
  readonly tokens_eof?: string;
}

function checkTokenizer(
  context: ParityContext,
  { cases }: { readonly cases: readonly TokenizerCase[] },
): void {
  checkTexts(
    context,
    'tokens',
    cases.map(({ raw, ptb }) => [ptbTokens(raw).join(' '), ptb]),
  );
  checkTexts(
    context,
    'tokens without punctuation',
    cases.map(({ raw, tokens }) => [tokenizePtb(raw), tokens]),
  );
  checkTexts(
    context,
    'tokens at the end of the input',
    cases.map(({ raw, tokens, tokens_eof }) => [tokenizePtb(raw, { isLast: true }), tokens_eof ?? tokens]),
  );
}

type Check = (context: ParityContext, golden: never) => void | Promise<void>;

/** What a file holds is told by its fields: those of the file itself, then those of its first case. */
const CHECKS: readonly (readonly [field: string, inCase: string | undefined, check: Check])[] = [
  ['df_corpus', undefined, checkExternalFrequencies],
  ['scores', undefined, checkCorpus],
  ['words', undefined, checkLexicon],
  ['cases', 'matches', checkDetail],
  ['cases', 'ptb', checkTokenizer],
  ['cases', 'normalized', checkNormalizer],
  ['cases', 'docs', checkTfidf],
];

function checkFor(sidecar: Readonly<Record<string, unknown>>): Check | undefined {
  const [first] = (sidecar['cases'] as readonly object[] | undefined) ?? [];
  return CHECKS.find(
    ([field, inCase]) =>
      field in sidecar && (inCase === undefined || (first !== undefined && inCase in first)),
  )?.[2];
}

/** Text scores against pycocoevalcap, CoreNLP's tokenizer, METEOR 1.5 and scikit-learn; files of the schema `nlg-golden/1`. */
export const textMetricsSuite: ParitySuite = {
  name: 'metrics-text',
  matches: () => true,
  run: async (context) => {
    const check = checkFor(context.sidecar);
    if (!check) throw new Error(`${context.name}: has none of the fields that this suite knows`);
    await check(context, context.sidecar as never);
  },
};
