import path from 'node:path';
import type { AbortOptions } from '@crrg/core';
import { writeFileAtomically } from '@crrg/core/node';
import { formatPredictions, type PredictionLine } from '@crrg/evaluate/node';
import type { Split } from '@crrg/train/node';
import { openFilmFeatures, type FilmFeatureOptions } from '../retrieval/film-features.js';
import { createNearest } from '../retrieval/nearest.js';
import { refuseForeignFile } from '../studies/own-file.js';
import { readPictures, type ReadPicturesOptions } from '../studies/read-pictures.js';
import { readLabelledFilms, shareWith, type LabelledFilm } from './labelled-films.js';

/** How {@link predictByMajority} predicts. */
export interface PredictOptions extends AbortOptions {
  /** Folder that gets `predictions.csv`. */
  readonly out: string;
  /** Whose films. @defaultValue 'test' */
  readonly split?: Split | undefined;
}

/** How {@link predictByNeighbours} predicts. */
export interface NeighbourOptions extends PredictOptions, FilmFeatureOptions, ReadPicturesOptions {
  /** Training films that are asked. @defaultValue 5 */
  readonly neighbours?: number | undefined;
}

const DEFAULT_NEIGHBOURS = 5;

/** Lines of a film, from the score of each label; a label without a score has none. */
function linesOf(
  { labels }: LabelledFilm,
  how: string,
  scoreOf: (label: string) => number | undefined,
): PredictionLine[] {
  return [...labels].flatMap(([name, label]) => {
    const score = scoreOf(name);
    return score === undefined ? [] : [{ condition: `${name} (${how})`, region: '', label, score }];
  });
}

async function writePredictions(
  folder: string,
  films: readonly LabelledFilm[],
  lines: ReadonlyMap<LabelledFilm, readonly PredictionLine[]>,
): Promise<string> {
  const file = path.join(folder, 'predictions.csv');
  const text = formatPredictions(films, (film) => lines.get(film)!);
  const [head] = text.split('\n');
  await refuseForeignFile(file, 'predictions of crrg', (line) => line === head);
  await writeFileAtomically(file, text);
  return file;
}

/**
 * Writes for every labelled film of a split how common each label is among the training films, as `crrg score --labels` reads it, and gives
 * the path of the file. No picture is opened.
 * @param studies a JSONL file of R-CLIP studies
 * @throws {InputErrors | DataError} for studies that cannot be read, or a split without labels
 */
export async function predictByMajority(
  studies: string,
  { out, split = 'test' }: PredictOptions,
): Promise<string> {
  const { train, asked } = await readLabelledFilms(studies, split);
  const lines = asked.map(
    (film) => [film, linesOf(film, 'majority', (label) => shareWith(train, label))] as const,
  );
  return writePredictions(out, asked, new Map(lines));
}

/**
 * Writes for every labelled film of a split the share of its nearest training films that have each label, as `crrg score --labels` reads
 * it, and gives the path of the file.
 * @param studies a JSONL file of R-CLIP studies
 * @throws {InputErrors | DataError} for studies or films that cannot be read, or a split without labels
 */
export async function predictByNeighbours(studies: string, options: NeighbourOptions): Promise<string> {
  const { out, split = 'test', neighbours = DEFAULT_NEIGHBOURS, signal, onProgress } = options;
  const { train, asked } = await readLabelledFilms(studies, split);
  using features = await openFilmFeatures(options);
  const owners = [...train, ...asked].map(({ subject, file }) => ({ subject, images: [file] }));
  const pictures = await readPictures(owners, features.size, options);
  const vectorOf = async ({ file }: LabelledFilm) => {
    signal?.throwIfAborted();
    return features.of(await pictures.load(file));
  };
  const vectors: Float32Array[] = [];
  for (const film of train) vectors.push(await vectorOf(film));
  const nearest = createNearest(vectors);
  const lines = new Map<LabelledFilm, PredictionLine[]>();
  for (const [index, film] of asked.entries()) {
    const found = nearest(await vectorOf(film), neighbours).map((each) => train[each.index]!);
    lines.set(
      film,
      linesOf(film, 'nearest films', (label) => shareWith(found, label)),
    );
    onProgress?.({ type: 'report-end', done: index + 1, total: asked.length });
  }
  return writePredictions(out, asked, lines);
}
