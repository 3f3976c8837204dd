import type { LoadMeteorOptions, Meteor, MeteorItem } from '../meteor/meteor.js';
import { Breath, finish, type Steps } from '../steps.js';
import {
  BLEU_COUNTS_LENGTH,
  BleuAccumulator,
  bleuCountsFrom,
  bleuFromCounts,
  toBleuNumbers,
  type BleuScores,
} from '../text/bleu.js';
import { checkCiderOptions, ciderScorerSteps, type CiderOptions } from '../text/cider.js';
import type { TextItem } from '../text/items.js';
import { RougeScorer, checkRougeOptions, type RougeItem, type RougeOptions } from '../text/rouge-score.js';
import { RougeLScorer } from '../text/rouge.js';
import { TEMPORAL_LIST_NAME, temporalF1 } from '../clinical/temporal.js';
import { TfidfModel, checkTfidfOptions, fitItem, tfidfItemCosine, type TfidfOptions } from '../text/tfidf.js';
import type { WordNumbers } from '../text/words.js';
import { ItemNumbers } from './item-statistics.js';
import type { MetricContext, ReportMetric, RunningMetric, Scores } from './metric.js';

/** A metric whose totals are the means of the items. */
export function meanMetric(
  { itemCount, keepStatistics }: MetricContext,
  names: readonly string[],
  metric: Pick<RunningMetric, 'signature' | 'prepare'> & {
    /** A number for each name. */
    readonly score: (item: TextItem) => readonly number[];
    readonly scoreSteps?: ((item: TextItem) => Steps<readonly number[]>) | undefined;
  },
): RunningMetric {
  const sums = new Float64Array(names.length);
  const numbers = keepStatistics ? new ItemNumbers(itemCount, names.length) : undefined;
  const named = (values: ArrayLike<number>, divisor = 1): Scores =>
    Object.fromEntries(names.map((name, at) => [name, values[at]! / divisor]));
  const add = (values: readonly number[]) => {
    values.forEach((value, at) => (sums[at]! += value));
    numbers?.add(values);
    return named(values);
  };
  const { scoreSteps } = metric;
  return {
    signature: metric.signature,
    prepare: metric.prepare,
    score: (item) => add(metric.score(item)),
    scoreSteps:
      scoreSteps &&
      function* (item) {
        return add(yield* scoreSteps(item));
      },
    finish: () => named(sums, itemCount),
    statistics: numbers && (() => numbers.with(named)),
  };
}

function namedBleu([bleu1, bleu2, bleu3, bleu4]: BleuScores): Scores {
  return { bleu1, bleu2, bleu3, bleu4 };
}

export function bleuMetric(numbers: WordNumbers): ReportMetric {
  return {
    name: 'bleu',
    text: 'tokenized',
    start: ({ itemCount, keepStatistics }) => {
      const accumulator = new BleuAccumulator(numbers);
      const rows = keepStatistics ? new ItemNumbers(itemCount, BLEU_COUNTS_LENGTH) : undefined;
      return {
        signature: { smooth: '1e-15+1e-9', length: 'closest' },
        score: (item) => {
          const counts = accumulator.add(item.candidate, item.references);
          rows?.add(toBleuNumbers(counts));
          return namedBleu(bleuFromCounts(counts));
        },
        finish: () => namedBleu(bleuFromCounts(accumulator.sum)),
        statistics: rows && (() => rows.with((sums) => namedBleu(bleuFromCounts(bleuCountsFrom(sums))))),
      };
    },
  };
}

export function rougeLMetric(numbers: WordNumbers): ReportMetric {
  return {
    name: 'rougeL',
    text: 'tokenized',
    start: (context) => {
      const scorer = new RougeLScorer(numbers);
      return meanMetric(context, ['rougeL'], {
        signature: { beta: '1.2' },
        score: (item) => [scorer.score(item.candidate, item.references)],
        *scoreSteps(item) {
          return [yield* scorer.scoreSteps(item.candidate, item.references)];
        },
      });
    },
  };
}

/** ROUGE-1, ROUGE-2 and ROUGE-L as `rouge_score` computes them. */
export function rougeMetric(options: RougeOptions): ReportMetric {
  checkRougeOptions('evaluateReports', options);
  return {
    name: 'rouge',
    text: 'raw',
    start: (context) => {
      const scorer = new RougeScorer(options);
      const f1s = ({ rouge1, rouge2, rougeL }: RougeItem) => [rouge1.f1, rouge2.f1, rougeL.f1];
      return meanMetric(context, ['rouge1F1', 'rouge2F1', 'rougeLF1'], {
        signature: {
          implements: 'rouge_score-0.1.2',
          beta: '1',
          stemmer: options.stem ? 'porter-nltk' : 'none',
        },
        score: (item) => f1s(finish(scorer.scoreSteps(item.candidate, item.references))),
        *scoreSteps(item) {
          return f1s(yield* scorer.scoreSteps(item.candidate, item.references));
        },
      });
    },
  };
}

/** The share of words of change that candidate and references have in common. */
export function temporalMetric(): ReportMetric {
  return {
    name: 'temporal',
    text: 'raw',
    start: (context) =>
      meanMetric(context, ['temporalF1'], {
        signature: { words: TEMPORAL_LIST_NAME },
        score: ({ candidate, references }) => [temporalF1(candidate, references)],
      }),
  };
}

export function ciderMetric(options: CiderOptions, numbers: WordNumbers): ReportMetric {
  checkCiderOptions('evaluateReports', options);
  return {
    name: 'cider',
    text: 'tokenized',
    start: async (context) => {
      const { itemCount, signal } = context;
      const scorer = await new Breath(signal).run(ciderScorerSteps(options, numbers));
      const { documentFrequencies = 'references', documentCount = itemCount } = options;
      const source =
        typeof documentFrequencies === 'string' ? documentFrequencies : `corpus-of-${scorer.documents}`;
      return meanMetric(context, ['cider'], {
        signature: { variant: 'd', n: '4', sigma: '6', df: source, documents: String(documentCount) },
        prepare:
          documentFrequencies === 'references' ? (item) => scorer.addDocument(item.references) : undefined,
        score: (item) => [scorer.score(item.candidate, item.references, documentCount)],
      });
    },
  };
}

export function tfidfMetric(options: TfidfOptions): ReportMetric {
  const fit = checkTfidfOptions('evaluateReports', options);
  return {
    name: 'tfidf',
    text: 'raw',
    start: (context) => {
      const model = new TfidfModel();
      const prepare = (item: TextItem) => {
        for (const reference of item.references) model.add(reference);
        if (fit === 'all') model.add(item.candidate);
      };
      return meanMetric(context, ['tfidf'], {
        signature: { vectorizer: 'sklearn-1.2.1', fit },
        prepare: fit === 'item' ? undefined : prepare,
        score: (item) => [tfidfItemCosine(fit === 'item' ? fitItem(item) : model, item)],
      });
    },
  };
}

/** METEOR's code and data are loaded when it starts. */
export function meteorMetric(options: LoadMeteorOptions | Meteor): ReportMetric {
  return {
    name: 'meteor',
    text: 'tokenized',
    start: async ({ itemCount, keepStatistics, signal }) => {
      const meteorModule = await import('../meteor.js');
      const { LEXICON_NAME, Meteor, MeteorSum, loadMeteor } = meteorModule;
      const { METEOR_STATISTICS_LENGTH, meteorFromStatistics, meteorSummand } = meteorModule;
      const meteor = options instanceof Meteor ? options : await loadMeteor({ signal, ...options });
      const sum = new MeteorSum();
      const rows = keepStatistics ? new ItemNumbers(itemCount, METEOR_STATISTICS_LENGTH) : undefined;
      const add = (scored: MeteorItem) => {
        sum.add(scored);
        rows?.add(meteorSummand(scored.statistics));
        return { meteor: scored.score };
      };
      return {
        signature: {
          implements: '1.5',
          norm: 'en',
          stages: meteor.stages.join('+'),
          ...(meteor.stages.includes('synonym') ? { lexicon: LEXICON_NAME } : {}),
          paraphrases: String(meteor.paraphraseCount),
        },
        score: (item) => add(meteor.score(item.candidate, item.references)),
        *scoreSteps(item) {
          return add(yield* meteor.scoreSteps(item.candidate, item.references));
        },
        finish: () => ({ meteor: sum.scores().score }),
        statistics: rows && (() => rows.with((sums) => ({ meteor: meteorFromStatistics(sums).score }))),
      };
    },
  };
}
