import { join } from 'node:path';
import type { TrainEvent, TrainListener } from '../progress.js';
import { openEventFile } from './event-file-writer.js';
import { openJsonl } from './jsonl.js';

/** Writes what {@link train} reports to files. */
export interface TrainingLog {
  /** To be given as `onProgress`, or called from it. */
  readonly listener: TrainListener;
  close(): void;
}

/**
 * Logs losses of batches and evaluations to `losses.jsonl` and to a TensorBoard event file in one folder. A resumed run appends.
 *
 * @example
 * ```ts
 * const log = openTrainingLog('runs/detector');
 * await train({ ...options, onProgress: log.listener });
 * log.close();
 * ```
 */
export function openTrainingLog(directory: string): TrainingLog {
  const lines = openJsonl(join(directory, 'losses.jsonl'));
  const events = openEventFile(directory);
  const scalars = (prefix: string, values: Readonly<Record<string, number>>, step: number) => {
    for (const [name, value] of Object.entries(values)) events.scalar(`${prefix}/${name}`, value, step);
  };
  const listener = (event: TrainEvent) => {
    if (event.type === 'batch-end') {
      const { position, loss, metrics, learningRate, durationMs } = event;
      lines.write({ type: 'train', ...position, loss, metrics, learningRate, durationMs });
      scalars('train', { loss, ...metrics, learningRate }, position.batchesDone);
    } else if (event.type === 'evaluation-end') {
      const { position, loss, metrics, isBest } = event;
      lines.write({ type: 'validation', ...position, loss, metrics, isBest });
      scalars('validation', { loss, ...metrics }, position.batchesDone);
    } else if (event.type === 'batch-skip') {
      lines.write({ type: 'skip', ...event.position, reason: event.reason });
    }
  };
  return {
    listener,
    close: () => {
      lines.close();
      events.close();
    },
  };
}
