import type { AbortOptions } from '@crrg/core';
import { readFilms, type FilmOwner, type Films } from '@crrg/train/node';
import type { BaselineListener } from './events.js';

/** How pictures of films are read. */
export interface ReadPicturesOptions extends AbortOptions {
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  readonly onProgress?: BaselineListener | undefined;
}

/**
 * Reads the pictures of films, so that a bad one is known before work begins.
 * @param size side of the network input in pixels
 * @throws {InputErrors} that names every film that cannot be used
 */
export async function readPictures(
  films: readonly FilmOwner[],
  size: number,
  { strict, signal, onProgress }: ReadPicturesOptions,
): Promise<Films> {
  const read = await readFilms(films, {
    size,
    strict,
    signal,
    onFilm: (done, total) => onProgress?.({ type: 'film-read', done, total }),
    onDoubts: (subject, doubts) => onProgress?.({ type: 'film-doubts', subject, doubts }),
  });
  onProgress?.({ type: 'films-end', total: new Set(films.flatMap(({ images }) => images)).size });
  return read;
}
