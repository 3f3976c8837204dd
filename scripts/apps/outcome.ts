import type { Pair } from './pairs.js';

/** What a report says of a film, of which every engine must say the same. */
export interface Reading {
  readonly text: string;
  readonly regions: readonly {
    readonly name: string;
    readonly status: string;
    readonly box: Readonly<Record<'x1' | 'y1' | 'x2' | 'y2', number>> | null;
  }[];
}

/** Milliseconds of a work, and the longest time in which the main thread answered nothing else. */
export interface Took {
  readonly ms: number;
  readonly block: number;
}

/** What an app did, as its page or process tells. */
export interface Visit {
  readonly open: Took;
  readonly films: readonly (Took & { readonly reading: Reading })[];
  /** `provenance.backend` of the last report. */
  readonly backend: string;
}

/** What stopped an app. */
export interface Refusal {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  /** What the app did then; undefined where the app itself did not start. */
  readonly at?: 'opening' | 'reading' | undefined;
}

/** What an app gave: a visit, or what stopped it. */
export type AppAnswer =
  | { readonly visit: Visit; readonly error?: undefined }
  | { readonly error: Refusal; readonly visit?: undefined };

/** What became of a pair. */
export interface Outcome {
  readonly pair: Pair;
  readonly answer: AppAnswer;
  /** Bytes that servers sent at the first and second visit; undefined outside pages. */
  readonly bytes?: readonly [number, number] | undefined;
}
