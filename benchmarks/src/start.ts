import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparison, median, type Benchmark } from './framework.js';
import { dtypeOption, fullModelFolder, fullSizeInputs } from './full-model.js';
import { askSource } from './source-process.js';
import type { StartFigures } from './start-run.js';

const TOKENS = 30;

/** The first process of a user, which finds nothing prepared, and the next one. */
async function startTwice(
  args: readonly string[],
): Promise<readonly [first: StartFigures, later: StartFigures]> {
  const HOME = await mkdtemp(join(tmpdir(), 'crrg-bench-home-'));
  try {
    const start = () => askSource<StartFigures>('./start-run.ts', args, { HOME });
    return [await start(), await start()];
  } finally {
    await rm(HOME, { recursive: true });
  }
}

/** A full-size bundle on disk to its first token, each go in a process of its own. */
export const startBenchmark: Benchmark = {
  name: 'start',
  async run(context) {
    const inputs = fullSizeInputs(context);
    if (!inputs) return;
    const { golden, film } = inputs;
    const dtype = dtypeOption(context.options);
    const args = [await fullModelFolder(golden), film, dtype, String(TOKENS)];
    const goes: (readonly [StartFigures, StartFigures])[] = [];
    for (let go = 0; go < Number(context.options['rounds'] ?? 3); go++) goes.push(await startTwice(args));
    const tell = (label: string, which: 0 | 1) => {
      const middle = (part: keyof StartFigures) => median(goes.map((figures) => figures[which][part]));
      context.report(comparison(label, 'ms', middle('firstToken'), undefined));
      for (const part of ['read', 'encode', 'compile', 'report'] as const)
        context.report(comparison(`${label}/${part}`, 'ms', middle(part), undefined));
      context.report(comparison(`${label}/peak-memory`, 'MiB', middle('peak') / 2 ** 20, undefined));
    };
    const name = dtype === 'fp32' ? 'rrg-full/start' : `rrg-full/${dtype}/start`;
    tell(`${name}/first-process`, 0);
    tell(name, 1);
  },
};
