import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@crrg/core/node';
import { renderLossCurves, type LossCurve } from '../loss-curves.js';

/** A line of `losses.jsonl`, as `openTrainingLog` writes it. */
interface LossRecord {
  readonly type?: unknown;
  readonly batchesDone?: unknown;
  readonly loss?: unknown;
}

function parseRecord(line: string): LossRecord {
  try {
    return (JSON.parse(line) ?? {}) as LossRecord;
  } catch {
    return {}; // A line that was cut off when the run was killed.
  }
}

/** One point a batch count: what a run did again after it was stopped replaces what it had done. */
function curveOf(type: string, records: readonly LossRecord[]): LossCurve {
  const points = new Map<number, number>();
  for (const record of records)
    if (record.type === type && typeof record.batchesDone === 'number' && typeof record.loss === 'number')
      points.set(record.batchesDone, record.loss);
  const sorted = [...points].sort(([a], [b]) => a - b);
  return { name: type, points: sorted.map(([x, y]) => ({ x, y })) };
}

/** The losses in the `losses.jsonl` of a folder: of training batches and of the validation. */
export async function readLossCurves(directory: string): Promise<LossCurve[]> {
  const lines = (await readFile(join(directory, 'losses.jsonl'), 'utf8')).split('\n');
  const records = lines.map(parseRecord);
  return ['train', 'validation'].map((type) => curveOf(type, records));
}

/**
 * Draws {@link readLossCurves} as `losses.svg` beside the file.
 * @param options.title of the picture
 */
export async function writeLossCurves(
  directory: string,
  options: { readonly title?: string | undefined } = {},
): Promise<void> {
  const svg = renderLossCurves(await readLossCurves(directory), { ...options, xLabel: 'batch' });
  await writeFileAtomically(join(directory, 'losses.svg'), svg);
}
