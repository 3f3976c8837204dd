import type { Doubt, ProgressEvent } from '@crrg/core';
import type { BackTranslationProgress } from '@crrg/rclip/back-translation';
import type { TrainEvent } from '@crrg/train-loop';
import type { TrainingSplit } from './read-studies.js';

/** What training on studies reports while it works; never a text or a pixel of a study. */
export type StudyTrainingEvent =
  /** Loading of models and writing of reports. */
  | ProgressEvent
  /** Studies of the split `test` are left out of training; told where there are any. */
  | { readonly type: 'test-studies'; readonly count: number; readonly total: number }
  /** The start model is loaded; `fresh` names the parameters that were drawn from the seed. */
  | { readonly type: 'start-model'; readonly fresh: readonly string[]; readonly seed: number }
  | { readonly type: 'film-read'; readonly done: number; readonly total: number }
  /** `subject` is the line of the study. */
  | { readonly type: 'film-doubts'; readonly subject: string; readonly doubts: readonly Doubt[] }
  /** All films are read. */
  | { readonly type: 'films-end'; readonly total: number }
  /** Report `number` of `total` is being written. */
  | { readonly type: 'report-start'; readonly number: number; readonly total: number }
  | { readonly type: 'reports-end' }
  /** The studies have their texts; pre-training leaves those without out. */
  | {
      readonly type: 'texts-end';
      readonly text: 'original' | 'generated';
      readonly withoutText: number;
      readonly total: number;
    }
  /** Texts are translated to another language and back. */
  | BackTranslationProgress
  | { readonly type: 'film-encoded'; readonly split: TrainingSplit; readonly done: number }
  | {
      readonly type: 'training';
      readonly stage: 'pre-training' | 'probe';
      /** Epochs of the stage. */
      readonly epochs: number;
      readonly event: TrainEvent;
    };

/** Receives {@link StudyTrainingEvent}s; must not throw. */
export type StudyTrainingListener = (event: StudyTrainingEvent) => void;
