import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Backend } from '@crrg/tensor';
import type { MiniSize } from './sizes.js';
import type { StudyFiles } from './studies.js';

/** What every step of a run is given. */
export interface MiniRun {
  readonly out: string;
  readonly seed: number;
  readonly size: MiniSize;
  readonly backend: Backend;
  readonly files: StudyFiles;
  /** Does a piece of work under its name, and says how long it took. */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Path of a folder of the run. */
export const folderOf = ({ out }: Pick<MiniRun, 'out'>, ...parts: string[]): string =>
  path.join(out, ...parts);

/** Says what is done and how long it took. */
export function createSteps(): MiniRun['step'] {
  const start = Date.now();
  return async (name, work) => {
    const started = Date.now();
    const result = await work();
    const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(0);
    console.log(`${name}: ${seconds(started)} s (${seconds(start)} s in all)`);
    return result;
  };
}

/** Makes a folder and those above it, and gives it back. */
export async function makeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}
