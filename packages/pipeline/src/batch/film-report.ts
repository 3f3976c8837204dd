import type { RadiographSource } from '../radiograph.js';
import type { Report } from '../report.js';

/**
 * A film of many: whatever one film may be given as, or a function that gives it when its turn comes. What that function throws is this
 * film's error.
 */
export type FilmSource<Source> =
  RadiographSource<Source> | (() => RadiographSource<Source> | Promise<RadiographSource<Source>>);

/** Films of any number, also more than memory holds: they are taken as they are needed. */
export type Films<Source> = Iterable<FilmSource<Source>> | AsyncIterable<FilmSource<Source>>;

/** What became of one of several films: its report, or why it has none. */
export type FilmReport<R extends Report = Report> =
  | {
      /** Position of the film, from 0. */
      readonly index: number;
      readonly report: R;
      readonly error?: undefined;
    }
  | { readonly index: number; readonly error: Error; readonly report?: undefined };
