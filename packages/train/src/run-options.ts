import type { AbortOptions } from '@crrg/core';
import type { CheckpointStore, Optimizer, TrainListener } from '@crrg/train-loop';

/** What every training run takes besides its model, data and settings. */
export interface TrainingRunOptions extends AbortOptions {
  /** @defaultValue AdamW with the settings' weight decay, or 0.01 where they have none */
  readonly optimizer?: Optimizer | undefined;
  /** Largest joint norm of the gradients of an update. @defaultValue no limit, as the reference */
  readonly maxGradientNorm?: number | undefined;
  /** What a training loss that is not finite does: `throw`, or `skip` the batch. @defaultValue 'throw' */
  readonly onNonFinite?: 'throw' | 'skip' | undefined;
  /**
   * Called when a batch fails, for example for want of memory: true skips it. Skipped batches are told to `onProgress` and counted in
   * the result.
   * @defaultValue fails
   */
  readonly skipOnError?: ((error: unknown) => boolean) | undefined;
  /** @defaultValue nothing is saved */
  readonly store?: CheckpointStore | undefined;
  /** Batches between savings of the state, besides those at evaluations. @defaultValue none */
  readonly saveEvery?: number | undefined;
  /** Goes on from the store's last state. @defaultValue false */
  readonly resume?: boolean | undefined;
  readonly onProgress?: TrainListener | undefined;
}

/** The part that the compiled step takes. */
export const stepOptions = ({ maxGradientNorm, onNonFinite, signal }: TrainingRunOptions) => ({
  maxGradientNorm,
  onNonFinite,
  signal,
});

/** The part that the loop takes. */
export const loopOptions = ({
  skipOnError,
  store,
  saveEvery,
  resume,
  onProgress,
  signal,
}: TrainingRunOptions) => ({ skipOnError, store, saveEvery, resume, onProgress, signal });
