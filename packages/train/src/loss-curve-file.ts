import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '@crrg/core/node';
import { renderLossCurves, type LossCurve } from '@crrg/train-loop';

/** Points that the curve of the training loss has at most; each is the mean of its batches. */
const MOST_POINTS = 400;

interface LossLine {
  readonly type: string;
  readonly batchesDone: number;
  readonly loss?: number | null | undefined;
}

function parseLine(text: string): LossLine | undefined {
  try {
    return JSON.parse(text) as LossLine;
  } catch {
    // The rest of a line that a killed process was writing.
    return undefined;
  }
}

interface ReadLine {
  readonly text: string;
  readonly line: LossLine;
}

/** The lines of a log, each batch and evaluation once: a run that went on after a crash did the last ones again. */
async function readLosses(file: string): Promise<ReadLine[]> {
  const content = await readFile(file, 'utf8').catch(() => '');
  const latest = new Map<string, ReadLine>();
  for (const text of content.split('\n')) {
    const line = text === '' ? undefined : parseLine(text);
    if (line)
      latest.set(`${line.batchesDone} ${line.type === 'validation' ? 'validation' : 'batch'}`, {
        text,
        line,
      });
  }
  const rank = ({ line }: ReadLine) => 2 * line.batchesDone + (line.type === 'validation' ? 1 : 0);
  return [...latest.values()].sort((a, b) => rank(a) - rank(b));
}

function points(lines: readonly ReadLine[], type: string, most = Infinity): LossCurve['points'] {
  const found = lines.flatMap(({ line }) =>
    line.type === type && typeof line.loss === 'number' ? [{ x: line.batchesDone, y: line.loss }] : [],
  );
  const size = Math.max(1, Math.ceil(found.length / most));
  return Array.from({ length: Math.ceil(found.length / size) }, (_, group) => {
    const part = found.slice(group * size, (group + 1) * size);
    const mean = (value: 'x' | 'y') => part.reduce((sum, point) => sum + point[value], 0) / part.length;
    return { x: mean('x'), y: mean('y') };
  });
}

/**
 * Draws `losses.jsonl` of a folder as `losses.svg` beside it: loss of training and of validation by batches done.
 *
 * @example
 * ```ts
 * await writeLossCurve('runs/rrg/detector', { title: 'detector' });
 * ```
 */
export async function writeLossCurve(folder: string, options: { readonly title: string }): Promise<void> {
  const lines = await readLosses(path.join(folder, 'losses.jsonl'));
  const curves = [
    { name: 'training', points: points(lines, 'train', MOST_POINTS) },
    { name: 'validation', points: points(lines, 'validation') },
  ];
  const svg = renderLossCurves(curves, { title: options.title, xLabel: 'batches' });
  await writeFileAtomically(path.join(folder, 'losses.svg'), svg);
}

/** Takes out of `losses.jsonl` what a run did twice, because it was killed and went on. */
export async function tidyLosses(folder: string): Promise<void> {
  const file = path.join(folder, 'losses.jsonl');
  const lines = await readLosses(file);
  await writeFileAtomically(file, lines.map(({ text }) => `${text}\n`).join(''));
}
