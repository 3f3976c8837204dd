import type { Doubt, ProgressEvent } from '@crrg/core';
import type { TrainEvent } from '@crrg/train-loop';
import type { FilmText } from './film-texts.js';

/** What a baseline reports while it works; never a text or a pixel of a study. */
export type BaselineEvent =
  /** Loading of models and steps of writing. */
  | ProgressEvent
  /** What the films of the training say, by whose words; films of which nothing is said are left out. */
  | {
      readonly type: 'texts-end';
      readonly fromReport: number;
      readonly fromRegions: number;
      readonly withoutText: number;
    }
  | { readonly type: 'film-read'; readonly done: number; readonly total: number }
  /** `subject` names the study. */
  | { readonly type: 'film-doubts'; readonly subject: string; readonly doubts: readonly Doubt[] }
  /** All films are read. */
  | { readonly type: 'films-end'; readonly total: number }
  | { readonly type: 'training'; readonly epochs: number; readonly event: TrainEvent }
  /** A film without a report: it cannot be read, or a service does not take it. */
  | { readonly type: 'film-failed'; readonly subject: string; readonly error: unknown }
  /** A request is made again after a wait. */
  | { readonly type: 'request-retry'; readonly reason: string; readonly waitMs: number }
  /** A report was written. */
  | { readonly type: 'report-end'; readonly done: number; readonly total: number };

/** Receives {@link BaselineEvent}s; must not throw. */
export type BaselineListener = (event: BaselineEvent) => void;

/** How many films have a text, by whose words. */
export function textsEvent(films: readonly FilmText[]): Extract<BaselineEvent, { type: 'texts-end' }> {
  const count = (isCounted: (film: FilmText) => boolean) => films.filter(isCounted).length;
  return {
    type: 'texts-end',
    fromReport: count(({ text, from }) => text !== '' && from === 'report'),
    fromRegions: count(({ text, from }) => text !== '' && from === 'regions'),
    withoutText: count(({ text }) => text === ''),
  };
}
