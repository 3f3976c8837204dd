import { ConfigError } from '@crrg/core';
import type { FilmOutcome } from '../generate-report.js';
import type { BatchReportOptions } from '../options.js';
import type { Radiograph } from '../radiograph.js';
import type { StreamSink } from '../stream/value-stream.js';
import type { FilmReport } from './film-report.js';
import type { FilmReader, ReadFilm } from './read-films.js';

/** Films that go through the networks together where the caller says no number. */
const DEFAULT_BATCH_SIZE = 4;

/** The number of films of a batch. @throws {ConfigError} */
export function batchSizeOf({ batchSize = DEFAULT_BATCH_SIZE }: BatchReportOptions): number {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return batchSize;
  throw new ConfigError(
    `pipeline.generateReports: expected batchSize to be a whole number of films, at least 1, got ${batchSize}; the default is ${DEFAULT_BATCH_SIZE}.`,
  );
}

/**
 * Gives a report or an error for every film, in order. A batch is read while the one before it is in the networks, once the consumer has
 * taken all results of the batch before that: at most two batches of films are on their way.
 * @param report the reports of the films of a batch that could be read
 */
export async function reportBatches(
  reader: FilmReader,
  batchSize: number,
  report: (radiographs: readonly Radiograph[]) => Promise<readonly FilmOutcome[]>,
  { push }: Pick<StreamSink<FilmReport>, 'push'>,
): Promise<void> {
  const read = () => reader.next(batchSize);
  let reading = read();
  let taken: Promise<unknown> = Promise.resolve();
  try {
    for (let first = 0; ; first += batchSize) {
      const films = await reading;
      if (films.length === 0) return;
      reading = taken.then(read);
      reading.catch(() => undefined); // It is heard of when its turn comes, if at all.
      const outcomes = await reportBatch(films, report);
      taken = Promise.all(outcomes.map((outcome, at) => push({ index: first + at, ...outcome })));
    }
  } finally {
    reader.close();
  }
}

/** What became of every film of a batch. */
async function reportBatch(
  films: readonly ReadFilm[],
  report: (radiographs: readonly Radiograph[]) => Promise<readonly FilmOutcome[]>,
): Promise<readonly FilmOutcome[]> {
  const readable = films.flatMap((film) => ('radiograph' in film ? [film.radiograph] : []));
  const reported = (readable.length > 0 ? await report(readable) : []).values();
  return films.map((film) => ('error' in film ? film : reported.next().value!));
}
