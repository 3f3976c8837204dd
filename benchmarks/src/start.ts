import { comparison, median, type Benchmark } from './framework.js';
import { dtypeOption, fullModelFolder, fullSizeInputs } from './full-model.js';
import { askSource } from './source-process.js';
import type { StartFigures } from './start-run.js';

const TOKENS = 30;

const startOnce = (folder: string, film: string, dtype: string): Promise<StartFigures> =>
  askSource('./start-run.ts', [folder, film, dtype, String(TOKENS)]);

/** A full-size bundle on disk to its first token, each go in a process of its own. The first go, which fills caches, is told apart. */
export const startBenchmark: Benchmark = {
  name: 'start',
  async run(context) {
    const inputs = fullSizeInputs(context);
    if (!inputs) return;
    const { golden, film } = inputs;
    const dtype = dtypeOption(context.options);
    const folder = await fullModelFolder(golden);
    const first = await startOnce(folder, film, dtype);
    context.note(`the go before, which may fill caches: first token after ${first.firstToken.toFixed(0)} ms`);
    const goes: StartFigures[] = [];
    for (let go = 0; go < Number(context.options['rounds'] ?? 3); go++)
      goes.push(await startOnce(folder, film, dtype));
    const middle = (part: keyof StartFigures) => median(goes.map((figures) => figures[part]));
    const name = dtype === 'fp32' ? 'rrg-full/start' : `rrg-full/${dtype}/start`;
    const tell = (label: string, part: keyof StartFigures) =>
      context.report(comparison(label, 'ms', middle(part), undefined));
    tell(name, 'firstToken');
    for (const part of ['read', 'encode', 'compile', 'report'] as const) tell(`${name}/${part}`, part);
    context.report(comparison(`${name}/peak-memory`, 'MiB', middle('peak') / 2 ** 20, undefined));
  },
};
