import type { AbortOptions } from '@crrg/core';
import type { StudySplit } from '@crrg/datasets';
import { textsEvent } from '../studies/events.js';
import {
  filmOwners,
  filmsOf,
  readFilmTexts,
  requireSplit,
  withText,
  type FilmText,
} from '../studies/film-texts.js';
import { readPictures, type ReadPicturesOptions } from '../studies/read-pictures.js';
import { requireReportsFile, writeReports, type WrittenReport } from '../studies/write-reports.js';
import { openFilmFeatures, type FilmFeatureOptions } from './film-features.js';
import { createNearest } from './nearest.js';

/** How {@link writeRetrievedReports} writes. */
export interface RetrievalOptions extends FilmFeatureOptions, ReadPicturesOptions, AbortOptions {
  /** Folder that gets `reports.jsonl`. */
  readonly out: string;
  /** Whose films. @defaultValue 'test' */
  readonly split?: StudySplit | undefined;
}

/**
 * Writes for every film of a split the report of the training film that looks most like it: by cosine of vectors, the first of equal ones.
 * @param studies a JSONL file of region studies
 *
 * @example
 * ```ts
 * await writeRetrievedReports('studies.jsonl', { model: 'runs/rclip/model', out: 'runs/retrieval' });
 * ```
 * @throws {DataError} for a line that is no study, or where one of the two splits has nothing
 * @throws {InputErrors} that names every film that cannot be read
 */
export async function writeRetrievedReports(
  studies: string,
  options: RetrievalOptions,
): Promise<{ readonly file: string; readonly features: string }> {
  const { out, split = 'test', signal, onProgress } = options;
  const where = 'baselines.writeRetrievedReports';
  await requireReportsFile(out);
  const all = await readFilmTexts(studies, options);
  const [asked, shelf] = [filmsOf(all, split), withText(filmsOf(all, 'train'))];
  requireSplit(asked, split, where);
  requireSplit(shelf, 'train', where);
  onProgress?.(textsEvent(filmsOf(all, 'train')));
  using features = await openFilmFeatures(options);
  const pictures = await readPictures(filmOwners([...shelf, ...asked]), features.size, options);
  const vectorOf = async ({ file }: FilmText) => {
    signal?.throwIfAborted();
    return features.of(await pictures.load(file));
  };
  const vectors: Float32Array[] = [];
  for (const film of shelf) vectors.push(await vectorOf(film));
  const nearest = createNearest(vectors);
  async function* reports(): AsyncGenerator<WrittenReport> {
    for (const [index, film] of asked.entries()) {
      const [found] = nearest(await vectorOf(film), 1);
      yield { id: film.id, image: film.image, text: shelf[found!.index]!.text };
      onProgress?.({ type: 'report-end', done: index + 1, total: asked.length });
    }
  }
  return { file: await writeReports(out, reports()), features: features.name };
}
