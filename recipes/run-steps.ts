import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeSafetensors, parseSafetensors } from '@crrg/checkpoints';
import { writeFileAtomically } from '@crrg/core/node';
import type { HostTensor } from '@crrg/tensor';
import type { TrainListener } from '@crrg/train-loop';

/** Milliseconds between lines about batches. */
const LINE_EVERY = 15_000;

/** One line an epoch, and each evaluation; a line about a batch now and then. */
export function logTraining(name: string): TrainListener {
  let last = 0;
  return (event) => {
    if (event.type === 'batch-end' && Date.now() - last > LINE_EVERY) {
      last = Date.now();
      console.log(
        `${name} epoch ${event.position.epoch} batch ${event.position.batch} loss ${event.loss.toFixed(4)} left ${Math.round(event.secondsLeft ?? 0)} s`,
      );
    }
    if (event.type === 'epoch-end')
      console.log(
        `${name} epoch ${event.position.epoch} mean loss ${event.meanLoss?.toFixed(4)} (${(event.durationMs / 1000).toFixed(1)} s)`,
      );
    if (event.type === 'evaluation-end') {
      const parts = Object.entries(event.metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
      console.log(`${name} valid loss ${event.loss.toFixed(4)} ${parts.join(' ')}`);
    }
  };
}

/** Seconds of each step by its name. */
export type StepSeconds = Readonly<Record<string, number>>;

const SECONDS = 'seconds.json';

/** How long the steps in a folder took; a step that was stopped and gone on with counts from its last start. */
export async function readStepSeconds(folder: string): Promise<StepSeconds> {
  const text = await readFile(path.join(folder, SECONDS), 'utf8').catch(() => '{}');
  return JSON.parse(text) as StepSeconds;
}

/** The sum of all steps. */
export const totalSeconds = (steps: StepSeconds): number =>
  Object.values(steps).reduce((sum, seconds) => sum + seconds, 0);

/** Notes the wall time of a step in the folder and gives that of all. */
async function keepSeconds(folder: string, name: string, seconds: number): Promise<number> {
  const steps = { ...(await readStepSeconds(folder)), [name]: seconds };
  await writeFileAtomically(path.join(folder, SECONDS), `${JSON.stringify(steps, undefined, 2)}\n`);
  return totalSeconds(steps);
}

/** Gives the weights of a step: read where an earlier run left them in the folder, else made and kept. */
export function stepsIn(
  folder: string,
): (name: string, make: () => Promise<ReadonlyMap<string, HostTensor>>) => Promise<Map<string, HostTensor>> {
  return async (name, make) => {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${name}.safetensors`);
    const saved = await readFile(file).catch(() => undefined);
    if (saved) return parseSafetensors(saved);
    console.log(`== ${name}`);
    const started = Date.now();
    const weights = await make();
    await writeFileAtomically(file, encodeSafetensors(weights));
    const seconds = Math.round((Date.now() - started) / 1000);
    const all = await keepSeconds(folder, name, seconds);
    console.log(`== ${name} took ${seconds} s, all steps so far ${all} s`);
    return new Map(weights);
  };
}
