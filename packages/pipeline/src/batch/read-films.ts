import { ConfigError, untilAborted } from '@crrg/core';
import type { Radiograph, RadiographSource } from '../radiograph.js';
import type { Films, FilmSource } from './film-report.js';

/** A film that was read, or why it cannot be. */
export type ReadFilm = { readonly radiograph: Radiograph } | { readonly error: Error };

/** Reads films from their source. */
export interface FilmReader {
  /** The next `count` films, fewer where the source ends or fails, none after its end. @throws what the source throws */
  next(count: number): Promise<readonly ReadFilm[]>;
  /** Tells the source that no more films are needed. */
  close(): void;
}

/** What a list of films is by mistake: one film. */
const isOneFilm = (films: unknown) => typeof films === 'string' || ArrayBuffer.isView(films);

/** The iterator of films. @throws {ConfigError} for what is no list of films */
export function iterateFilms<Source>(
  films: Films<Source>,
): Iterator<FilmSource<Source>> | AsyncIterator<FilmSource<Source>> {
  const isObject = typeof films === 'object' && films !== null && !isOneFilm(films);
  if (isObject && Symbol.asyncIterator in films) return films[Symbol.asyncIterator]();
  if (isObject && Symbol.iterator in films) return films[Symbol.iterator]();
  throw new ConfigError(
    `pipeline.generateReports: expected a list or an iterator of films, got ${isOneFilm(films) ? 'one film' : typeof films}; pass [film], or call generateReport.`,
  );
}

/** A film of its own or of the function that gives it. */
export async function takeFilm<Source>(film: FilmSource<Source>): Promise<RadiographSource<Source>> {
  return typeof film === 'function' ? (film as () => RadiographSource<Source>)() : film;
}

/**
 * Reads films one after the other. A film that cannot be read is told as such; a source that fails does so after the films before.
 * @param load reads one film
 */
export function createFilmReader<Source>(
  films: Films<Source>,
  load: (film: RadiographSource<Source>) => Promise<Radiograph>,
  signal: AbortSignal,
): FilmReader {
  const iterator = iterateFilms(films);
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;

  const pull = async (): Promise<{ readonly film: FilmSource<Source> } | undefined> => {
    try {
      const result = await untilAborted(iterator.next(), signal);
      if (result.done !== true) return { film: result.value };
    } catch (error) {
      signal.throwIfAborted();
      failure = { error };
    }
    isEnded = true;
    return undefined;
  };
  const read = async (film: FilmSource<Source>): Promise<ReadFilm> => {
    try {
      return { radiograph: await untilAborted(takeFilm(film).then(load), signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  return {
    async next(count) {
      const batch: ReadFilm[] = [];
      while (batch.length < count && !isEnded) {
        const pulled = await pull();
        if (pulled) batch.push(await read(pulled.film));
      }
      signal.throwIfAborted();
      if (batch.length === 0 && failure) throw failure.error;
      return batch;
    },
    close() {
      if (isEnded) return;
      isEnded = true;
      // A source that is still at work on its next film ends after it; nobody waits for that, or hears of it.
      void (async () => iterator.return?.())().catch(() => undefined);
    },
  };
}
