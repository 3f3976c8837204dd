import { parseArgs } from 'node:util';
import { describeMachine, toJsonLine, toTable, type Benchmark, type Figure } from './framework.js';

/** A benchmark is loaded only when it is asked for. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  'train-step': async () => (await import('./train-step.js')).trainStepBenchmark,
};

const USAGE = `Usage: npm run bench -- NAME [--json]

  NAME     ${Object.keys(BENCHMARKS).join(' | ')}
  --json   one line per figure: {"name", "value", "unit", "peer", "ratio"}; ratio above 1 is faster or smaller than the peer`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const load = BENCHMARKS[positionals[0] ?? ''];
  if (!load || positionals.length !== 1) {
    console.error(USAGE);
    return 2;
  }
  const figures: Figure[] = [];
  const say = values.json ? () => undefined : (text: string) => console.log(text);
  say(describeMachine());
  const benchmark = await load();
  await benchmark.run({
    note: say,
    report: (figure) => {
      figures.push(figure);
      if (values.json) console.log(toJsonLine(figure));
    },
  });
  say(`\n${toTable(figures)}`);
  return 0;
}

process.exitCode = await main();
