import { ConfigError, type AbortOptions, type Doubt } from '@crrg/core';
import { OutputError } from '@crrg/core/node';
import type { FilmLog } from './film-log.js';
import type { EvaluationListener } from './events.js';

/** A film that could not be evaluated. */
export interface FailedFilm {
  readonly id: string;
  readonly message: string;
}

/** What was said of a film, and what is doubtful about it. */
export interface FilmAnswer<Film> {
  readonly film: Film;
  readonly doubts: readonly Doubt[];
}

/**
 * Does the films that a log lacks, one after the other, and gives all in the order of the studies. A film that fails is counted and the rest go on;
 * an option or an output that is wrong ends it.
 * @throws {ConfigError | OutputError}, and the signal's reason on abort
 */
export async function forEachStudy<
  Study extends { readonly id: string },
  Film extends { readonly id: string },
>(
  studies: readonly Study[],
  log: FilmLog<Film>,
  work: (study: Study) => Promise<FilmAnswer<Film>>,
  { signal, onProgress }: AbortOptions & { readonly onProgress?: EvaluationListener | undefined },
): Promise<{ films: Film[]; failed: FailedFilm[] }> {
  const films: Film[] = [];
  const failed: FailedFilm[] = [];
  const total = studies.length;
  const kept = studies.filter(({ id }) => log.done.has(id)).length;
  if (kept > 0) onProgress?.({ type: 'films-kept', count: kept, total });
  for (const [index, study] of studies.entries()) {
    const before = log.done.get(study.id);
    if (before) {
      films.push(before);
      continue;
    }
    signal?.throwIfAborted();
    const subject = study.id;
    onProgress?.({ type: 'film-start', subject, number: index + 1, total });
    try {
      const { film, doubts } = await work(study);
      await log.add(film);
      films.push(film);
      onProgress?.({ type: 'film-end', subject, doubts });
    } catch (error) {
      if (signal?.aborted || error instanceof ConfigError || error instanceof OutputError) throw error;
      failed.push({ id: study.id, message: error instanceof Error ? error.message : String(error) });
      onProgress?.({ type: 'film-failed', subject, error });
    }
  }
  return { films, failed };
}
