import type { TrainListener } from '@crrg/train-loop';
import type { ProgressLine } from './progress-line.js';

/** `40 s left`, `12 min left`, `3 h 05 min left`; empty where unknown. */
export function formatTimeLeft(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 90) return `  ${Math.round(seconds)} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `  ${minutes} min left`;
  return `  ${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min left`;
}

/** Shows batches, epochs and evaluations of training on a progress line. */
export function trainingProgress(progress: ProgressLine, stage: string, epochs: number): TrainListener {
  return (event) => {
    if (event.type === 'checkpoint-save' || event.type === 'batch-skip') return;
    const { epoch, batch } = event.position;
    const where = `${stage}  epoch ${epoch + 1} of ${epochs}`;
    if (event.type === 'batch-end')
      progress.show(
        `${where}  batch ${batch}  loss ${event.loss.toFixed(4)}${formatTimeLeft(event.secondsLeft)}`,
        true,
      );
    else if (event.type === 'evaluation-start') progress.show(`${where}  validation`, true);
    else if (event.type === 'evaluation-end')
      progress.show(`${where}  validation loss ${event.loss.toFixed(4)}`, false);
    else if (event.type === 'epoch-end' && event.meanLoss !== undefined)
      progress.show(`${where}  mean loss ${event.meanLoss.toFixed(4)}`, false);
  };
}
