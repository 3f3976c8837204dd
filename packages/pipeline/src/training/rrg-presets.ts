import type { RrgStage } from './rrg-losses.js';

/** How one stage is trained. */
export interface RrgStageSettings {
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
}

/** Settings of the three stages. */
export interface RrgPreset {
  readonly source: string;
  readonly seed: number;
  readonly selectionPosWeight: number;
  readonly stages: Readonly<Record<RrgStage, RrgStageSettings>>;
}

/**
 * Published training settings. `rrg-base` and `rrg-opt` are the paper's Tables 3 and 4 (rrg-opt's batches between evaluations from the
 * authors' log); `rgrg` is the reference project's. GPT-2's dropout is that of its configuration.
 */
export const RRG_PRESETS: Readonly<Record<'rrg-base' | 'rrg-opt' | 'rgrg', RrgPreset>> = {
  'rrg-base': {
    source: 'CRRG-CLIP, Tables 3 and 4, RRG-base',
    seed: 41,
    selectionPosWeight: 1,
    stages: {
      detector: {
        epochs: 2,
        batchSize: 16,
        accumulate: 1,
        learningRate: 0.01,
        factor: 0.3,
        patience: 5,
        cooldown: 5,
      },
      classifiers: {
        epochs: 2,
        batchSize: 16,
        accumulate: 1,
        learningRate: 1e-4,
        factor: 0.3,
        patience: 10,
        cooldown: 5,
      },
      full: {
        epochs: 2,
        batchSize: 8,
        accumulate: 1,
        learningRate: 1e-4,
        factor: 0.3,
        patience: 10,
        cooldown: 5,
        dropout: 0.1,
      },
    },
  },
  'rrg-opt': {
    source: 'CRRG-CLIP, Tables 3 and 4, RRG-opt',
    seed: 41,
    selectionPosWeight: 2,
    stages: {
      detector: {
        epochs: 10,
        batchSize: 16,
        accumulate: 1,
        learningRate: 1e-3,
        factor: 0.5,
        patience: 5,
        cooldown: 5,
        evaluateEvery: 200,
      },
      classifiers: {
        epochs: 10,
        batchSize: 16,
        accumulate: 1,
        learningRate: 5e-5,
        factor: 0.5,
        patience: 5,
        cooldown: 5,
        evaluateEvery: 200,
      },
      full: {
        epochs: 5,
        batchSize: 1,
        accumulate: 16,
        learningRate: 5e-5,
        factor: 0.5,
        patience: 3,
        cooldown: 5,
        evaluateEvery: 5000,
        dropout: 0.1,
      },
    },
  },
  rgrg: {
    source: 'RGRG, run configurations of its three stages',
    seed: 42,
    selectionPosWeight: 2.2,
    stages: {
      detector: {
        epochs: 20,
        batchSize: 16,
        accumulate: 4,
        learningRate: 1e-3,
        factor: 0.5,
        patience: 5,
        cooldown: 5,
        evaluateEvery: 1000,
      },
      classifiers: {
        epochs: 20,
        batchSize: 16,
        accumulate: 4,
        learningRate: 5e-5,
        factor: 0.5,
        patience: 10,
        cooldown: 5,
        evaluateEvery: 2400,
      },
      full: {
        epochs: 20,
        batchSize: 2,
        accumulate: 32,
        learningRate: 5e-5,
        factor: 0.5,
        patience: 10,
        cooldown: 5,
        evaluateEvery: 2400,
        dropout: 0.1,
      },
    },
  },
};
