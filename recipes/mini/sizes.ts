import type { CaptionerKind } from '@crrg/baselines';
import type { MiniDataSizes } from './data/generate.js';

/** How much is made and learned. */
export interface MiniSize {
  readonly data: MiniDataSizes;
  /** Logit above which a region gets a sentence: 0 is the likelier answer, RGRG's -1 lets a model speak that has hardly learned. */
  readonly selectionThreshold: number;
  /** Epochs of the stages of the report model. */
  readonly rrgEpochs: { readonly detector: number; readonly classifiers: number; readonly full: number };
  readonly captionerEpochs: Readonly<Record<CaptionerKind, number>>;
  /** Of contrastive pre-training. */
  readonly rclipEpochs: number;
  readonly probeEpochs: number;
  readonly numResamples: number;
  /** False where the figures only show that the procedure runs. */
  readonly isJudged: boolean;
}

/** `full`: a quarter of an hour on two cores. `ci`: every step, on so little that nothing is learned. */
export const MINI_SIZES = {
  full: {
    data: { mimic: { train: 320, validate: 40, test: 80 }, rsna: 400 },
    selectionThreshold: 0,
    rrgEpochs: { detector: 10, classifiers: 2, full: 14 },
    captionerEpochs: { 'show-and-tell': 30, 'ada-att': 12 },
    rclipEpochs: 20,
    probeEpochs: 60,
    numResamples: 1000,
    isJudged: true,
  },
  ci: {
    data: { mimic: { train: 40, validate: 8, test: 8 }, rsna: 56 },
    selectionThreshold: -1,
    rrgEpochs: { detector: 1, classifiers: 1, full: 1 },
    captionerEpochs: { 'show-and-tell': 1, 'ada-att': 1 },
    rclipEpochs: 1,
    probeEpochs: 2,
    numResamples: 50,
    isJudged: false,
  },
} as const satisfies Readonly<Record<string, MiniSize>>;
