import type { AbortOptions, WarningListener } from '@crrg/core';
import { loadBackend, type BackendName } from '@crrg/pipeline';
import type { Backend } from '@crrg/tensor';
import { forEachStudy, type FailedFilm, type FilmAnswer } from './each-film.js';
import type { EvaluationListener } from './events.js';
import { openFilmLog, type RunSettings } from './film-log.js';

/** Which engine reads films, and who hears of it. */
export interface FilmEngineOptions extends AbortOptions {
  /** @defaultValue 'onnx' */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of the engine. @defaultValue the engine's choice */
  readonly threads?: number | undefined;
  readonly onProgress?: EvaluationListener | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** Asks a model about films. */
export interface FilmReader<Study, Film> {
  read(study: Study): Promise<FilmAnswer<Film>>;
  dispose(): void;
}

/** What is asked about which films, and where the answers go. */
export interface FilmRun<Study, Film> {
  /** Gets `films.jsonl` and `run.json`. */
  readonly out: string;
  readonly schema: string;
  /** Everything that the answers depend on. */
  readonly settings: RunSettings;
  readonly studies: readonly Study[];
  readonly openReader: (backend: Backend) => Promise<FilmReader<Study, Film>>;
}

function isBackend(value: unknown): value is Backend {
  return typeof value === 'object' && value !== null && 'compile' in value;
}

/** Does the work with a backend: the given one, which stays its owner's, or one that is opened for it. */
async function withBackend<T>(
  { backend, threads, onWarning }: FilmEngineOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  if (isBackend(backend)) return work(backend);
  const opened = await loadBackend(backend, { threads, onWarning });
  try {
    return await work(opened);
  } finally {
    opened.dispose();
  }
}

/**
 * Reads the films that a folder lacks; where none is missing, no engine is opened.
 * @throws {ConfigError} for a folder of another evaluation
 * @throws {CheckpointError | BackendError | OutputError}; `signal.reason` on abort
 */
export async function runFilms<Study extends { readonly id: string }, Film extends { readonly id: string }>(
  { out, schema, settings, studies, openReader }: FilmRun<Study, Film>,
  options: FilmEngineOptions,
): Promise<{ films: Film[]; failed: FailedFilm[] }> {
  const log = await openFilmLog<Film>(out, schema, settings);
  try {
    const readAll = (read: (study: Study) => Promise<FilmAnswer<Film>>) =>
      forEachStudy(studies, log, read, options);
    if (studies.every(({ id }) => log.done.has(id)))
      return await readAll(() => Promise.reject(new Error('evaluate: every film is done')));
    return await withBackend(options, async (backend) => {
      const reader = await openReader(backend);
      try {
        return await readAll((study) => reader.read(study));
      } finally {
        reader.dispose();
      }
    });
  } finally {
    await log.close();
  }
}
