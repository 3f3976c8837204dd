import type { Doubt, ProgressEvent } from '@crrg/core';
import type { TrainEvent } from '@crrg/train-loop';
import type { RrgStage } from '../rrg/rrg-losses.js';

/** What training on region studies reports while it works; never a text or a pixel of a study. */
export type RegionTrainingEvent =
  /** Loading of models. */
  | ProgressEvent
  /** Studies of the split `test` are left out of training; told where there are any. */
  | { readonly type: 'test-studies'; readonly count: number; readonly total: number }
  /** The start is put together; `fresh` names the parameters that were drawn from the seed. */
  | {
      readonly type: 'start-model';
      readonly name: string;
      readonly fresh: readonly string[];
      readonly dropped: readonly string[];
      readonly seed: number;
      /** Tokens of a vocabulary that was learned from the phrases; undefined where it is that of the start. */
      readonly vocabularySize: number | undefined;
      readonly trainLanguageModel: boolean;
      /** Numbers in the language model; undefined where no stage has one. */
      readonly languageModelSize: number | undefined;
    }
  | { readonly type: 'film-read'; readonly done: number; readonly total: number }
  /** `subject` is the line of the study. */
  | { readonly type: 'film-doubts'; readonly subject: string; readonly doubts: readonly Doubt[] }
  /** All films were looked at. */
  | { readonly type: 'films-end'; readonly total: number }
  /** Phrases that are longer than the language model reads, and are cut off. */
  | { readonly type: 'phrases-cut'; readonly count: number; readonly maxLength: number }
  | {
      readonly type: 'training-start';
      readonly stage: RrgStage;
      readonly train: number;
      readonly valid: number;
      /** Studies that say nothing of some region: it is ignored there. */
      readonly partial: number;
    }
  | {
      readonly type: 'training';
      readonly stage: RrgStage;
      readonly epochs: number;
      readonly event: TrainEvent;
    }
  /** `isKept`: an earlier run had finished the stage. */
  | {
      readonly type: 'training-end';
      readonly stage: RrgStage;
      readonly isKept: boolean;
      readonly loss: number;
    };

/** Receives {@link RegionTrainingEvent}s; must not throw. */
export type RegionTrainingListener = (event: RegionTrainingEvent) => void;
