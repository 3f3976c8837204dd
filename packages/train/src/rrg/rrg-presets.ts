import type { RrgStage } from './rrg-losses.js';

/** How one stage is trained. */
export interface RrgStageSettings {
  /** Of everything that is drawn at random, where `trainRrg` is not given another one. */
  readonly seed?: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches whose gradients are summed before an update. */
  readonly accumulate: number;
  readonly learningRate: number;
  /** Reduce on plateau: share that is kept, evaluations borne, evaluations of rest. */
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  /** Batches between evaluations; undefined: at the end of each epoch. */
  readonly evaluateEvery?: number | undefined;
  /** Share of GPT-2's activations that the full stage drops. @defaultValue 0 */
  readonly dropout?: number | undefined;
  /** Weight of "has a phrase" in the loss of the region selection. @defaultValue that of the model's configuration */
  readonly selectionPosWeight?: number | undefined;
  /** Weight of "abnormal" in the loss of the abnormality classifier. @defaultValue that of the model's configuration */
  readonly abnormalityPosWeight?: number | undefined;
}

/** Settings of the three stages. */
export interface RrgPreset {
  /** Where the values were published; nothing is computed from it. */
  readonly source: string;
  readonly stages: Readonly<Record<RrgStage, RrgStageSettings>>;
}

/** Dropout of GPT-2's own configuration, which the authors' code leaves as it is. */
const GPT2_DROPOUT = 0.1;

/** The classifiers' weights of positives: selection by the paper's tables, abnormality, which the paper leaves out, by its code. */
const posWeights = (selectionPosWeight: number) => ({ selectionPosWeight, abnormalityPosWeight: 6 });

const BASE = { seed: 41, epochs: 2, accumulate: 1, factor: 0.3, cooldown: 5 };
const OPT = { seed: 41, factor: 0.5, cooldown: 5 };
const RGRG = { epochs: 20, factor: 0.5, cooldown: 5 };

/**
 * Published training settings, a stage at a time.
 *
 * `rrg-base` and `rrg-opt` have epochs, batch size, learning rate, plateau and weight of selected regions of the paper's Tables 3 and 4.
 * The tables say nothing of seed, accumulation, evaluations within an epoch, the abnormality classifier and dropout: those of `rrg-opt` are
 * the authors' log's and code's (whose weight of selected regions is 2.2, not the table's 2), and `rrg-base`, of which there is no log,
 * takes the same seed and code, with one update a batch and an evaluation an epoch. The tables' numbers of classes and tokens belong to
 * the model and to generation. `rgrg` is the reference project's.
 */
export const RRG_PRESETS: Readonly<Record<'rrg-base' | 'rrg-opt' | 'rgrg', RrgPreset>> = {
  'rrg-base': {
    source: 'CRRG-CLIP, Tables 3 and 4, RRG-base',
    stages: {
      detector: { ...BASE, batchSize: 16, learningRate: 0.01, patience: 5 },
      classifiers: { ...BASE, batchSize: 16, learningRate: 1e-4, patience: 10, ...posWeights(1) },
      full: {
        ...BASE,
        batchSize: 8,
        learningRate: 1e-4,
        patience: 10,
        dropout: GPT2_DROPOUT,
        ...posWeights(1),
      },
    },
  },
  'rrg-opt': {
    source: 'CRRG-CLIP, Tables 3 and 4, RRG-opt',
    stages: {
      detector: {
        ...OPT,
        epochs: 10,
        batchSize: 16,
        accumulate: 1,
        learningRate: 1e-3,
        patience: 5,
        evaluateEvery: 200,
      },
      classifiers: {
        ...OPT,
        epochs: 10,
        batchSize: 16,
        accumulate: 1,
        learningRate: 5e-5,
        patience: 5,
        evaluateEvery: 200,
        ...posWeights(2),
      },
      full: {
        ...OPT,
        epochs: 5,
        batchSize: 1,
        accumulate: 16,
        learningRate: 5e-5,
        patience: 3,
        evaluateEvery: 5000,
        dropout: GPT2_DROPOUT,
        ...posWeights(2),
      },
    },
  },
  rgrg: {
    source: 'RGRG, run configurations of its three stages',
    stages: {
      detector: {
        ...RGRG,
        seed: 41,
        batchSize: 16,
        accumulate: 4,
        learningRate: 1e-3,
        patience: 5,
        evaluateEvery: 1000,
      },
      classifiers: {
        ...RGRG,
        seed: 42,
        batchSize: 16,
        accumulate: 4,
        learningRate: 5e-5,
        patience: 10,
        evaluateEvery: 2400,
        ...posWeights(2.2),
      },
      full: {
        ...RGRG,
        seed: 42,
        batchSize: 2,
        accumulate: 32,
        learningRate: 5e-5,
        patience: 10,
        evaluateEvery: 2400,
        dropout: GPT2_DROPOUT,
        ...posWeights(2.2),
      },
    },
  },
};
