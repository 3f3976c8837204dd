import { fromErrorData, type ErrorData } from '@crrg/core';
import type { Radiograph } from '@crrg/pipeline';
import filmWorker from './film.worker.ts?worker&url';
import { startWorker } from './start-worker.js';

/** A decoded film. */
export interface Film {
  readonly radiograph: Radiograph;
  /** The picture as a `data:` address. */
  readonly href: string;
}

/** What the worker answers. */
export type FilmAnswer = Film | { readonly error: ErrorData };

/**
 * Decodes a PNG, JPEG or DICOM file, off the main thread.
 * @throws {ImageError} for a file that is no radiograph
 */
export function openFilm(file: File, signal: AbortSignal): Promise<Film> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(filmWorker);
    const end = (settle: () => void) => {
      worker.terminate();
      settle();
    };
    worker.onmessage = ({ data }: MessageEvent<FilmAnswer>) =>
      end(() => ('error' in data ? reject(fromErrorData(data.error)) : resolve(data)));
    worker.onerror = ({ message }) =>
      end(() => reject(new Error(message || 'The film worker did not start.')));
    signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)), { once: true });
    worker.postMessage(file);
  });
}
