import type { LoadMeteorOptions, Meteor, MeteorItem } from '../meteor/meteor.js';
import { Breath, type Steps } from '../steps.js';
import { BleuAccumulator, bleuFromCounts, type BleuScores } from '../text/bleu.js';
import { checkCiderOptions, ciderScorerSteps, type CiderOptions } from '../text/cider.js';
import type { TextItem } from '../text/items.js';
import { RougeLScorer } from '../text/rouge.js';
import { TfidfModel, checkTfidfOptions, fitItem, tfidfItemCosine, type TfidfOptions } from '../text/tfidf.js';
import type { WordNumbers } from '../text/words.js';
import type { ReportMetric, RunningMetric, Scores } from './metric.js';

/** The mean of a score over items. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): number {
    this.#sum += value;
    this.#count++;
    return value;
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}

/** A metric with one score whose total is the mean of the items. */
function meanMetric(
  name: string,
  metric: Pick<RunningMetric, 'signature' | 'prepare'> & {
    readonly score: (item: TextItem) => number;
    readonly scoreSteps?: ((item: TextItem) => Steps<number>) | undefined;
  },
): RunningMetric {
  const mean = new Mean();
  const { scoreSteps } = metric;
  return {
    signature: metric.signature,
    prepare: metric.prepare,
    score: (item) => ({ [name]: mean.add(metric.score(item)) }),
    scoreSteps:
      scoreSteps &&
      function* (item) {
        return { [name]: mean.add(yield* scoreSteps(item)) };
      },
    finish: () => ({ [name]: mean.value }),
  };
}

function namedBleu([bleu1, bleu2, bleu3, bleu4]: BleuScores): Scores {
  return { bleu1, bleu2, bleu3, bleu4 };
}

export function bleuMetric(numbers: WordNumbers): ReportMetric {
  return {
    name: 'bleu',
    text: 'tokenized',
    start: () => {
      const accumulator = new BleuAccumulator(numbers);
      return {
        signature: { smooth: '1e-15+1e-9', length: 'closest' },
        score: (item) => namedBleu(bleuFromCounts(accumulator.add(item.candidate, item.references))),
        finish: () => namedBleu(bleuFromCounts(accumulator.sum)),
      };
    },
  };
}

export function rougeLMetric(numbers: WordNumbers): ReportMetric {
  return {
    name: 'rougeL',
    text: 'tokenized',
    start: () => {
      const scorer = new RougeLScorer(numbers);
      return meanMetric('rougeL', {
        signature: { beta: '1.2' },
        score: (item) => scorer.score(item.candidate, item.references),
        scoreSteps: (item) => scorer.scoreSteps(item.candidate, item.references),
      });
    },
  };
}

export function ciderMetric(options: CiderOptions, numbers: WordNumbers): ReportMetric {
  checkCiderOptions('evaluateReports', options);
  return {
    name: 'cider',
    text: 'tokenized',
    start: async ({ itemCount, signal }) => {
      const scorer = await new Breath(signal).run(ciderScorerSteps(options, numbers));
      const { documentFrequencies = 'references', documentCount = itemCount } = options;
      const source =
        typeof documentFrequencies === 'string' ? documentFrequencies : `corpus-of-${scorer.documents}`;
      return meanMetric('cider', {
        signature: { variant: 'd', n: '4', sigma: '6', df: source, documents: String(documentCount) },
        prepare:
          documentFrequencies === 'references' ? (item) => scorer.addDocument(item.references) : undefined,
        score: (item) => scorer.score(item.candidate, item.references, documentCount),
      });
    },
  };
}

export function tfidfMetric(options: TfidfOptions): ReportMetric {
  const fit = checkTfidfOptions('evaluateReports', options);
  return {
    name: 'tfidf',
    text: 'raw',
    start: () => {
      const model = new TfidfModel();
      const prepare = (item: TextItem) => {
        for (const reference of item.references) model.add(reference);
        if (fit === 'all') model.add(item.candidate);
      };
      return meanMetric('tfidf', {
        signature: { vectorizer: 'sklearn-1.2.1', fit },
        prepare: fit === 'item' ? undefined : prepare,
        score: (item) => tfidfItemCosine(fit === 'item' ? fitItem(item) : model, item),
      });
    },
  };
}

/** METEOR's code and data are loaded when it starts. */
export function meteorMetric(options: LoadMeteorOptions | Meteor): ReportMetric {
  return {
    name: 'meteor',
    text: 'tokenized',
    start: async ({ signal }) => {
      const { LEXICON_NAME, Meteor, MeteorSum, loadMeteor } = await import('../meteor.js');
      const meteor = options instanceof Meteor ? options : await loadMeteor({ signal, ...options });
      const sum = new MeteorSum();
      const add = (scored: MeteorItem) => {
        sum.add(scored);
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
      };
    },
  };
}
