import type { Doubt, ProgressEvent } from '@crrg/core';

/** What an evaluation says while it works. Subjects name a film, never what is said of it. */
export type EvaluationEvent =
  | ProgressEvent
  /** Films that an earlier run has done. */
  | { readonly type: 'films-kept'; readonly count: number; readonly total: number }
  | { readonly type: 'film-start'; readonly subject: string; readonly number: number; readonly total: number }
  | { readonly type: 'film-end'; readonly subject: string; readonly doubts: readonly Doubt[] }
  | { readonly type: 'film-failed'; readonly subject: string; readonly error: unknown }
  /** All films are done; scores and intervals are computed. */
  | { readonly type: 'scoring-start' };

/** Hears of {@link EvaluationEvent}. */
export type EvaluationListener = (event: EvaluationEvent) => void;
