// Scores the pairs of a file in a process of its own: node metrics-run.js FILE parts|whole. Prints one line of JSON.
import { readFileSync } from 'node:fs';
import { computeBleu, computeCider, computeRougeL, evaluateReports, tokenizePtb } from '@crrg/metrics';
import { computeMeteor, loadMeteor } from '@crrg/metrics/meteor';

/** Texts to score, as they are before tokenisation. */
export interface Pairs {
  readonly candidates: readonly string[];
  readonly references: readonly string[];
}

/** Seconds by part, each the first time in its process, and what the process took in all. */
export interface RunFigures {
  readonly seconds: Readonly<Record<string, number>>;
  /** Largest resident memory above what the process had with the texts in it, in MB. */
  readonly memory: number;
  readonly totals: Readonly<Record<string, number | undefined>>;
}

async function timeParts({ candidates, references }: Pairs): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {};
  const time = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[name] = (performance.now() - started) / 1000;
    return result;
  };
  const [words, referenceWords] = await time('tokenise', () => [
    candidates.map((text) => tokenizePtb(text)),
    references.map((text) => tokenizePtb(text)),
  ]);
  await time('bleu', () => computeBleu(words!, referenceWords!));
  await time('rougeL', () => computeRougeL(words!, referenceWords!));
  await time('cider', () => computeCider(words!, referenceWords!));
  await time('meteor', async () => computeMeteor(await loadMeteor(), words!, referenceWords!));
  return seconds;
}

const megabytes = (bytes: number) => bytes / 1e6;

async function main(file: string, mode: string): Promise<RunFigures> {
  const pairs = JSON.parse(readFileSync(file, 'utf8')) as Pairs;
  const before = process.memoryUsage().rss;
  if (mode === 'parts') return { seconds: await timeParts(pairs), memory: 0, totals: {} };
  const { totals } = await evaluateReports(pairs.candidates, pairs.references, {
    metrics: ['bleu', 'rougeL', 'cider', 'meteor'],
  });
  const memory = megabytes(process.resourceUsage().maxRSS * 1024 - before);
  return { seconds: {}, memory, totals };
}

const [file = '', mode = 'whole'] = process.argv.slice(2);
console.log(JSON.stringify(await main(file, mode)));
