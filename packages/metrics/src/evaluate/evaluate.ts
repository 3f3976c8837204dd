import { clinicalMetric } from '../clinical/report-metric.js';
import { MetricsError } from '../errors.js';
import type { LoadMeteorOptions, Meteor } from '../meteor/meteor.js';
import { Breath, type Steps } from '../steps.js';
import type { CiderOptions } from '../text/cider.js';
import { toTextItems, type References, type TextItem } from '../text/items.js';
import type { RougeOptions } from '../text/rouge-score.js';
import type { TfidfOptions } from '../text/tfidf.js';
import { WordNumbers } from '../text/words.js';
import { resolveTokenizer, type NamedTokenizer, type Tokenizer } from '../tokenize/tokenizer.js';
import type { ItemStatistics, ReportMetric, RunningMetric, Score, Scores } from './metric.js';
import { countReferences, metricSignature } from './signature.js';
import {
  bleuMetric,
  ciderMetric,
  meteorMetric,
  rougeLMetric,
  rougeMetric,
  temporalMetric,
  tfidfMetric,
} from './text-metrics.js';

/** Metrics that {@link evaluateReports} knows by name. */
export const REPORT_METRICS = [
  'bleu',
  'rougeL',
  'rouge',
  'cider',
  'meteor',
  'tfidf',
  'clinical',
  'temporal',
] as const;

/** A metric that {@link evaluateReports} knows by name. */
export type ReportMetricName = (typeof REPORT_METRICS)[number];

/** What {@link evaluateReports} says while it works. */
export interface EvaluationProgress {
  readonly type: 'items-progress';
  /** Some metrics see every item once before they score. */
  readonly stage: 'prepare' | 'score';
  readonly done: number;
  readonly total: number;
}

/** What to score and how. */
export interface EvaluateOptions {
  /** Names, or metrics of your own. @defaultValue `['bleu', 'rougeL', 'cider', 'tfidf']`; METEOR brings a lexicon with it, so ask for it */
  readonly metrics?: readonly (ReportMetricName | ReportMetric)[] | undefined;
  /** How texts are cut into words; TF-IDF has a rule of its own. @defaultValue `'ptb'` */
  readonly tokenizer?: Tokenizer | undefined;
  /** Whether texts are lower-cased before they are tokenised. @defaultValue false; `'ptb'` and METEOR lower-case anyway */
  readonly lowercase?: boolean | undefined;
  readonly cider?: CiderOptions | undefined;
  /** Of the metric `rouge`; `rougeL` has none. */
  readonly rouge?: RougeOptions | undefined;
  readonly tfidf?: TfidfOptions | undefined;
  /** A loaded scorer, or what to load. @defaultValue exact, stem and synonym with the shipped WordNet */
  readonly meteor?: LoadMeteorOptions | Meteor | undefined;
  /** Keeps what intervals and comparisons need, for {@link computeReportIntervals} and {@link compareReports}. @defaultValue false */
  readonly keepStatistics?: boolean | undefined;
  readonly onProgress?: ((event: EvaluationProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Scores by name, in all and per item, and how they were made. */
export interface ReportEvaluation {
  readonly itemCount: number;
  /** By score name, such as `bleu4`. */
  readonly totals: Scores;
  /** By score name: the items' scores in the order of the candidates. */
  readonly items: Readonly<Record<string, readonly Score[]>>;
  /** By metric name, such as `bleu`: what a reader needs to get the same numbers. */
  readonly signatures: Readonly<Record<string, string>>;
  /** By metric name: what its totals are made of, item by item; only where `keepStatistics` asked for it. */
  readonly statistics?: Readonly<Record<string, ItemStatistics>> | undefined;
}

const DEFAULT_METRICS: readonly ReportMetricName[] = ['bleu', 'rougeL', 'cider', 'tfidf'];
/** Characters of an item that is worked on with pauses; shorter ones take a millisecond, and pauses cost time. */
const LONG_ITEM = 4_000;

const isLong = ({ candidate, references }: TextItem) =>
  references.reduce((sum, { length }) => sum + length, candidate.length) > LONG_ITEM;

function createMetric(name: ReportMetricName, options: EvaluateOptions, numbers: WordNumbers): ReportMetric {
  switch (name) {
    case 'bleu':
      return bleuMetric(numbers);
    case 'rougeL':
      return rougeLMetric(numbers);
    case 'rouge':
      return rougeMetric(options.rouge ?? {});
    case 'cider':
      return ciderMetric(options.cider ?? {}, numbers);
    case 'tfidf':
      return tfidfMetric(options.tfidf ?? {});
    case 'meteor':
      return meteorMetric(options.meteor ?? {});
    case 'clinical':
      return clinicalMetric();
    case 'temporal':
      return temporalMetric();
    default:
      throw new MetricsError(
        'OPTION',
        `metrics.evaluateReports: expected metrics among ${REPORT_METRICS.join(', ')}, got ${JSON.stringify(name satisfies never)}; leave it out or give a ReportMetric.`,
      );
  }
}

function chosenMetrics(options: EvaluateOptions): ReportMetric[] {
  const numbers = new WordNumbers();
  const metrics = (options.metrics ?? DEFAULT_METRICS).map((metric) =>
    typeof metric === 'object' ? metric : createMetric(metric, options, numbers),
  );
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (metrics.length === 0 || twice !== undefined)
    throw new MetricsError(
      'OPTION',
      `metrics.evaluateReports: expected metrics of different names, got ${twice === undefined ? 'none' : `"${twice}" twice`}; name each once.`,
    );
  return metrics;
}

/** Works through items in order, lets others work in between, also within a long item, and stops on abort. */
async function forEachItem(
  items: readonly TextItem[],
  stage: EvaluationProgress['stage'],
  { onProgress, signal }: EvaluateOptions,
  work: (item: TextItem, index: number) => Steps<void>,
): Promise<void> {
  const breath = new Breath(signal);
  for (const [index, item] of items.entries()) {
    for (const steps = work(item, index); !steps.next().done;) if (breath.isDue()) await breath.take();
    if (!breath.isDue()) continue;
    onProgress?.({ type: 'items-progress', stage, done: index + 1, total: items.length });
    await breath.take();
  }
  onProgress?.({ type: 'items-progress', stage, done: items.length, total: items.length });
}

function* keepSteps(steps: Steps<Scores>, keep: (scores: Scores) => void): Steps<void> {
  keep(yield* steps);
}

/** A metric and its state in this run. */
interface Running {
  readonly metric: ReportMetric;
  readonly run: RunningMetric;
}

/** Gives every metric an item in the form that it asks for. */
function* forEachMetric(
  running: readonly Running[],
  item: TextItem,
  tokenizer: ItemTokenizer,
  work: (running: Running, item: TextItem) => Steps<void> | void,
): Steps<void> {
  let words: TextItem | undefined;
  for (const entry of running) {
    const steps = work(entry, entry.metric.text === 'raw' ? item : (words ??= yield* tokenizer(item)));
    if (steps) yield* steps;
  }
}

type ItemTokenizer = (item: TextItem) => Steps<TextItem>;

/** The texts of an item as the tokenizer leaves them; long ones with pauses. */
function itemTokenizer({ tokenize, steps }: NamedTokenizer, lowercase: boolean): ItemTokenizer {
  const cased = (text: string) => (lowercase ? text.toLowerCase() : text);
  return function* (item) {
    if (!steps || !isLong(item))
      return {
        candidate: tokenize(cased(item.candidate)),
        references: item.references.map((text) => tokenize(cased(text))),
      };
    const candidate = yield* steps(cased(item.candidate));
    const references: string[] = [];
    for (const reference of item.references) references.push(yield* steps(cased(reference)));
    return { candidate, references };
  };
}

/** Which metric gives which score; no two may give the same. */
class ScoreOwners {
  private readonly owners = new Map<string, ReportMetric>();

  claim(score: string, metric: ReportMetric): void {
    const owner = this.owners.get(score) ?? metric;
    if (owner !== metric)
      throw new MetricsError(
        'OPTION',
        `metrics.evaluateReports: expected scores of different names, got "${score}" from "${owner.name}" and "${metric.name}"; rename one.`,
      );
    this.owners.set(score, metric);
  }
}

function statisticsOf(running: readonly Running[]): Record<string, ItemStatistics> {
  return Object.fromEntries(
    running.flatMap(({ metric, run }) => (run.statistics ? [[metric.name, run.statistics()]] : [])),
  );
}

/**
 * Scores candidate reports against their references with all chosen metrics.
 *
 * Memory beyond the texts and the scores grows with the vocabulary, not with the reports: items are tokenised one at a time.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored (the message and `details.index` name it), `OPTION` where
 * an option is not valid or two metrics give the same score, `DATA` where METEOR's data cannot be read.
 * @example
 * ```ts
 * const { totals, signatures } = await evaluateReports(candidates, references, { metrics: ['bleu', 'rougeL', 'meteor'] });
 * console.log(totals.bleu4, signatures.bleu);
 * ```
 */
export async function evaluateReports(
  candidates: readonly string[],
  references: readonly References[],
  options: EvaluateOptions = {},
): Promise<ReportEvaluation> {
  options.signal?.throwIfAborted();
  const items = toTextItems('evaluateReports', candidates, references);
  const metrics = chosenMetrics(options);
  const tokenizer = resolveTokenizer(options.tokenizer ?? 'ptb');
  const lowercase = options.lowercase ?? false;
  const tokenized = itemTokenizer(tokenizer, lowercase);
  const { keepStatistics, signal } = options;
  const context = { itemCount: items.length, keepStatistics, signal };
  const running: Running[] = [];
  for (const metric of metrics) running.push({ metric, run: await metric.start(context) });

  const preparing = running.filter(({ run }) => run.prepare);
  if (preparing.length > 0)
    await forEachItem(items, 'prepare', options, (item) =>
      forEachMetric(preparing, item, tokenized, ({ run }, texts) => {
        run.prepare!(texts);
      }),
    );
  const columns: Record<string, Score[]> = {};
  const owners = new ScoreOwners();
  await forEachItem(items, 'score', options, (item, index) =>
    forEachMetric(running, item, tokenized, ({ metric, run }, texts) => {
      const keep = (scores: Scores) => {
        for (const [name, score] of Object.entries(scores)) {
          owners.claim(name, metric);
          (columns[name] ??= new Array<Score>(items.length).fill(undefined))[index] = score;
        }
      };
      if (run.scoreSteps && isLong(item)) return keepSteps(run.scoreSteps(texts), keep);
      keep(run.score(texts));
    }),
  );
  const totals: Record<string, Score> = {};
  for (const { metric, run } of running)
    for (const [name, score] of Object.entries(run.finish())) {
      owners.claim(name, metric);
      totals[name] = score;
    }
  const description = { tokenizer: tokenizer.name, lowercase, references: countReferences(items) };
  return {
    itemCount: items.length,
    totals,
    items: columns,
    signatures: Object.fromEntries(
      running.map(({ metric, run }) => [metric.name, metricSignature(metric, run.signature, description)]),
    ),
    ...(keepStatistics ? { statistics: statisticsOf(running) } : {}),
  };
}
