/** Where training stands: epochs and batches count from 0, `steps` are optimizer updates. */
export interface TrainPosition {
  readonly epoch: number;
  /** Batches of this epoch done. */
  readonly batch: number;
  /** Batches done since the run began, skipped ones included. */
  readonly batchesDone: number;
  readonly steps: number;
}

/** What {@link train} reports. Losses are means of the losses that the loss function gave, not multiplied by the batch size. */
export type TrainEvent =
  | { readonly type: 'epoch-start'; readonly position: TrainPosition }
  | {
      readonly type: 'batch-end';
      readonly position: TrainPosition;
      readonly loss: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly learningRate: number;
      readonly durationMs: number;
      /** Undefined until the number of batches of an epoch is known. */
      readonly secondsLeft: number | undefined;
    }
  | { readonly type: 'batch-skip'; readonly position: TrainPosition; readonly reason: string }
  | { readonly type: 'evaluation-start'; readonly position: TrainPosition }
  | {
      readonly type: 'evaluation-end';
      readonly position: TrainPosition;
      readonly loss: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly isBest: boolean;
      readonly durationMs: number;
    }
  | {
      readonly type: 'epoch-end';
      readonly position: TrainPosition;
      readonly meanLoss: number | undefined;
      readonly durationMs: number;
    }
  | { readonly type: 'checkpoint-save'; readonly position: TrainPosition; readonly name: string };

/** Receives {@link TrainEvent}s; must not throw. */
export type TrainListener = (event: TrainEvent) => void;

/** Estimates the time that a run still takes from the batches done since it started or resumed. */
export function createTimeEstimate(clock: () => number): {
  batchDone(): void;
  secondsLeft(batchesLeft: number | undefined): number | undefined;
} {
  const started = clock();
  let done = 0;
  return {
    batchDone: () => void done++,
    secondsLeft: (batchesLeft) => {
      if (batchesLeft === undefined || done === 0) return undefined;
      return ((clock() - started) / 1000 / done) * Math.max(0, batchesLeft);
    },
  };
}
