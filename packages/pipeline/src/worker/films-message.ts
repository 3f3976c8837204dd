import { fromErrorData, toErrorData, type ErrorData } from '@crrg/core';
import type { FilmReport, Films, FilmSource } from '../batch/film-report.js';
import { iterateFilms, takeFilm } from '../batch/read-films.js';
import { fromFilmMessage, type FilmMessage, type Parcel } from './film-message.js';
import { filmsOf, type Streams } from './streams.js';

/** What became of one of several films, on its way. */
type FilmReportMessage = Pick<FilmReport, 'index' | 'report'> & { readonly failure?: ErrorData | undefined };

/** A result as it is sent. */
export function toFilmReportMessage(result: unknown): Parcel<FilmReportMessage> {
  const { index, report, error } = result as FilmReport;
  return { message: { index, report, failure: error && toErrorData(error) }, transfer: [] };
}

/** The result that a message holds. */
export function fromFilmReportMessage(message: unknown): FilmReport {
  const { index, report, failure } = message as FilmReportMessage;
  return failure ? { index, error: fromErrorData(failure) } : { index, report: report! };
}

/** Films as they are sent, each taken when it is asked for. What is wrong with one is told of it alone. */
export async function* sentFilms(
  films: Films<unknown>,
  toParcel: (film: unknown) => Promise<Parcel<FilmMessage>>,
): AsyncGenerator<Parcel<FilmMessage>> {
  const iterator = iterateFilms(films);
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      yield await takeFilm(value as FilmSource<unknown>)
        .then(toParcel)
        .catch((error: unknown) => ({
          message: { kind: 'failed', error: toErrorData(error) },
          transfer: [],
        }));
    }
  } finally {
    await iterator.return?.();
  }
}

/** The films that the other side sends for a call, as functions: one that could not be given fails alone. */
export async function* receivedFilms(streams: Streams, call: number): AsyncGenerator<() => unknown> {
  for await (const message of streams.take(filmsOf(call)))
    yield () => fromFilmMessage(message as FilmMessage);
}
