import type { AnatomicalRegion, Doubt } from '@crrg/core';
import type { ClassifiedReport, Finding, LabelResult, RegionDescription, RegionResult } from '@crrg/pipeline';
import type { Engine } from './engines.js';
import type { Film } from './film.js';
import type { Problem } from './problem.js';
import type { Settings } from './settings.js';

/** Where a film stands. */
export type Phase = 'empty' | 'opening' | 'reading' | 'read' | 'stopped' | 'refused';

/** Where the weights and the engine stand. */
export type Readiness =
  | { readonly is: 'idle' | 'ready' }
  | { readonly is: 'loading'; readonly loaded: number; readonly total: number }
  | { readonly is: 'failed'; readonly problem: Problem };

/** What is known of the film in view. */
export interface Reading {
  readonly phase: Phase;
  readonly fileName: string;
  readonly film?: Film;
  readonly stage?: string;
  readonly regions: readonly RegionResult[];
  readonly findings: readonly Finding[];
  readonly doubts: readonly Doubt[];
  readonly classification: readonly LabelResult[];
  readonly report?: ClassifiedReport;
  readonly problem?: Problem;
}

/** What the model said of places that were asked about. */
export interface Answer {
  readonly place: string;
  readonly description?: RegionDescription;
  readonly problem?: Problem;
}

/** Everything that the page shows. */
export interface State {
  readonly engines: readonly Engine[];
  readonly settings: Settings;
  readonly readiness: Readiness;
  readonly worksOffline: boolean;
  readonly reading: Reading;
  readonly answers: readonly Answer[];
  /** The region whose box and sentence stand out. */
  readonly selected?: AnatomicalRegion;
  /** True until the person chooses a region: then each new sentence is shown in its place. */
  readonly followsText: boolean;
  readonly showsBoxes: boolean;
  /** The label whose heat map lies over the film. */
  readonly heatMapOf?: string;
  /** The next drag on the film draws a box to ask about. */
  readonly isAsking: boolean;
  readonly isDragging: boolean;
}

export const NO_FILM: Reading = {
  phase: 'empty',
  fileName: '',
  regions: [],
  findings: [],
  doubts: [],
  classification: [],
};

/** Holds the state and draws after each change, at most once a frame. */
export class Store {
  #state: State;
  #isScheduled = false;

  constructor(
    initial: State,
    private readonly draw: (state: State) => void,
  ) {
    this.#state = initial;
    draw(initial);
  }

  get state(): State {
    return this.#state;
  }

  change(part: Partial<State>): void {
    this.#state = { ...this.#state, ...part };
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.draw(this.#state);
    });
  }

  changeReading(part: Partial<Reading>): void {
    this.change({ reading: { ...this.#state.reading, ...part } });
  }
}
