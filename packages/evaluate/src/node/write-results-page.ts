import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError, createRandom, type AbortOptions } from '@crrg/core';
import { writeFileAtomically, writingTo } from '@crrg/core/node';
import { createImageHref, loadRadiograph } from '@crrg/pipeline';
import { readLossCurves } from '@crrg/train-loop/node';
import { shownRegions, type ExampleFilm } from '../page/example.js';
import {
  GENERATOR,
  renderResultsPage,
  type LossData,
  type PageSection,
  type RocData,
} from '../page/results-page.js';
import { RRG_FILM_SCHEMA, type RrgFilm } from '../rrg/film.js';
import { RCLIP_FILM_SCHEMA, type RclipFilm } from '../rclip/film.js';
import { overviewOf } from './overview.js';
import { readEvaluation } from './read-evaluation.js';
import { rclipPredictionLines, rrgPredictionLines, type PredictionLine } from './predictions.js';

/** An evaluation that a page shows. */
export interface EvaluationOnPage {
  /** The folder of `evaluation.json` and `films.jsonl`. */
  readonly folder: string;
  /** Heading of its section. @defaultValue the name of the folder */
  readonly name?: string | undefined;
  /** The folder that images are named relative to, that of the studies. @defaultValue no examples */
  readonly images?: string | undefined;
  /** Folders of trainings; every `losses.jsonl` in them is drawn. @defaultValue none */
  readonly runs?: readonly string[] | undefined;
}

/** How {@link writeResultsPage} writes. */
export interface ResultsPageOptions extends AbortOptions {
  /** @defaultValue 'Results' */
  readonly title?: string | undefined;
  /** Tables of the paper with the evaluations' rows, before the sections. @defaultValue false */
  readonly overview?: boolean | undefined;
  /** Films that are shown, of each report model. @defaultValue 4 */
  readonly numExamples?: number | undefined;
}

const NUM_EXAMPLES = 4;
/** Longest side of a picture on the page, in pixels. */
const EXAMPLE_SIDE = 720;

/** The films of an evaluation; none where the file is gone, or from a line on that cannot be read. */
async function* filmsOf(folder: string): AsyncGenerator<RrgFilm | RclipFilm> {
  const file = path.join(folder, 'films.jsonl');
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const film = parseFilm(line);
    if (!film) return;
    if (film.schema === RRG_FILM_SCHEMA || film.schema === RCLIP_FILM_SCHEMA) yield film;
  }
}

function parseFilm(line: string): RrgFilm | RclipFilm | undefined {
  try {
    return JSON.parse(line) as RrgFilm | RclipFilm;
  } catch {
    return undefined;
  }
}

/** Collects scores by condition. */
function rocCollector() {
  const byName = new Map<string, { labels: (0 | 1)[]; scores: number[] }>();
  return {
    add(lines: readonly PredictionLine[]) {
      for (const { condition, label, score } of lines) {
        const data = byName.get(condition) ?? { labels: [], scores: [] };
        byName.set(condition, data);
        data.labels.push(label);
        data.scores.push(score);
      }
    },
    data: (): RocData[] => [...byName].map(([name, data]) => ({ name, ...data })),
  };
}

/** A sample of fixed size of films that can be shown, each as likely as another. */
function exampleSampler(size: number) {
  const random = createRandom(0);
  const kept: RrgFilm[] = [];
  let seen = 0;
  return {
    add(film: RrgFilm) {
      if (!shownRegions(film).some(({ sentence }) => sentence !== undefined)) return;
      seen += 1;
      if (kept.length < size) kept.push(film);
      else {
        const place = random.integer(seen);
        if (place < size) kept[place] = film;
      }
    },
    films: () => kept,
  };
}

async function loadExamples(
  films: readonly RrgFilm[],
  images: string,
  { signal }: AbortOptions,
): Promise<ExampleFilm[]> {
  const examples: ExampleFilm[] = [];
  for (const film of films) {
    const radiograph = await loadRadiograph(path.resolve(images, film.image), { signal }).catch(
      () => undefined,
    );
    signal?.throwIfAborted();
    // A film that is gone is not shown; it was scored all the same.
    if (radiograph)
      examples.push({ film, imageHref: createImageHref(radiograph.image, { maxSide: EXAMPLE_SIDE }) });
  }
  return examples;
}

/** Folders below and with this one that hold a `losses.jsonl`, sorted. */
async function lossFolders(run: string): Promise<string[]> {
  const entries = await readdir(run, { recursive: true }).catch(() => [] as string[]);
  return entries
    .filter((name) => path.basename(name) === 'losses.jsonl')
    .map((name) => path.dirname(path.join(run, name)))
    .sort();
}

/** The folder of the training that a model came out of, as `crrg train` lays it out; none for any other place. */
export function runsOf(model: unknown): string[] {
  const isTrained = typeof model === 'string' && path.basename(path.resolve(model)) === 'model';
  return isTrained ? [path.dirname(path.resolve(model))] : [];
}

async function readLosses(runs: readonly string[]): Promise<LossData[]> {
  const losses: LossData[] = [];
  for (const run of runs)
    for (const folder of await lossFolders(run)) {
      const title = path
        .relative(path.dirname(path.resolve(run)), path.resolve(folder))
        .replaceAll(path.sep, ' / ');
      losses.push({ title, curves: await readLossCurves(folder) });
    }
  return losses;
}

async function sectionOf(
  { folder, name = path.basename(path.resolve(folder)), images, runs = [] }: EvaluationOnPage,
  { numExamples = NUM_EXAMPLES, signal }: ResultsPageOptions,
): Promise<PageSection> {
  const evaluation = await readEvaluation(folder);
  const roc = rocCollector();
  const sampler = exampleSampler(numExamples);
  for await (const film of filmsOf(folder)) {
    signal?.throwIfAborted();
    if (film.schema === RRG_FILM_SCHEMA) {
      roc.add(rrgPredictionLines(film));
      sampler.add(film);
    } else roc.add(rclipPredictionLines(film));
  }
  const examples = images === undefined ? [] : await loadExamples(sampler.films(), images, { signal });
  return { name, evaluation, roc: roc.data(), losses: await readLosses(runs), examples };
}

/** @throws {ConfigError} where there is a page of another origin */
async function checkOwn(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '' || text.includes(GENERATOR)) return;
  throw new ConfigError(
    `evaluate: expected a new page or one of crrg, got ${file} of another origin; choose another folder, or move what is there.`,
  );
}

/**
 * Writes `index.html` into a folder: the evaluations with their tables, curves and examples, on a page that needs no network and no script.
 * The pictures of example films become part of it.
 *
 * @returns the file
 *
 * @example
 * ```ts
 * await writeResultsPage('results', [{ folder: 'results/rrg', images: 'data', runs: ['runs/rrg'] }], { title: 'RRG' });
 * ```
 * @throws {DataError} for a folder without an evaluation
 * @throws {ConfigError} where there is a page of another origin
 * @throws {OutputError}; `signal.reason` on abort
 */
export async function writeResultsPage(
  folder: string,
  evaluations: readonly EvaluationOnPage[],
  options: ResultsPageOptions = {},
): Promise<string> {
  const file = path.join(folder, 'index.html');
  await checkOwn(file);
  const sections: PageSection[] = [];
  for (const evaluation of evaluations) sections.push(await sectionOf(evaluation, options));
  const { title = 'Results' } = options;
  const overview = options.overview ? overviewOf(sections) : undefined;
  const html = renderResultsPage({ title, sections, overview });
  await writingTo(file, async () => {
    await mkdir(folder, { recursive: true });
    await writeFileAtomically(file, html);
  });
  return file;
}
