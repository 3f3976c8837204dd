/**
 * The paper's comparison of text sources in small: the same probe on features pre-trained on reports from the labels, on reports that the
 * report model wrote, and on features of an untrained encoder; same films, same budget, several seeds:
 *
 *   npm run recipe:rclip:compare -- --data FOLDER --reports FILE --out FOLDER [--seeds 1,2,3] [--limit 1500] [--epoch-scale 0.3]
 *
 * Every run is kept in the output folder, so that a stopped comparison goes on where it was; the table is `comparison.md` there, with the
 * time that training took.
 */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readStepSeconds, totalSeconds } from '../run-steps.js';
import type { RclipEvaluation } from './evaluate.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    reports: { type: 'string' },
    out: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    limit: { type: 'string', default: '1500' },
    'epoch-scale': { type: 'string', default: '0.3' },
  },
});
if (!options.data || !options.reports || !options.out)
  throw new Error('recipes.rclip: --data, --reports and --out are needed; see ../README.md.');
const { data, reports, out, limit } = options;

/** Sources of text by their names in the table. */
const ARMS = {
  labels: 'reports from the labels',
  generated: 'reports by the report model',
  none: 'no pre-training',
} as const;
type Arm = keyof typeof ARMS;

/** Runs another program of this recipe as this one was run. */
async function runProgram(name: string, args: readonly string[]): Promise<void> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], { stdio: 'inherit' });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`recipes.rclip: expected ${name} to end well, got exit code ${code}.`);
}

const folderOf = (text: Arm, seed: string) => path.join(out!, `${text}-${seed}`);

async function evaluateArm(text: Arm, seed: string): Promise<RclipEvaluation> {
  const folder = folderOf(text, seed);
  const bundle = path.join(folder, 'bundle');
  const file = path.join(bundle, 'evaluation.json');
  const read = async () => JSON.parse(await readFile(file, 'utf8')) as RclipEvaluation;
  const earlier = await read().catch(() => undefined);
  if (earlier) return earlier;
  console.log(`== ${ARMS[text]}, seed ${seed}`);
  const budget = ['--seed', seed, '--limit', limit, '--epoch-scale', options['epoch-scale']];
  const written = text === 'generated' ? ['--reports', reports!] : [];
  await runProgram('train.ts', ['--data', data!, '--out', folder, '--text', text, ...budget, ...written]);
  await runProgram('bundle.ts', ['--data', data!, '--weights', folder, '--out', bundle]);
  return read();
}

/** Mean and the lowest and highest of some runs. */
function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${mean.toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
}

/** A row a source of text: mean AUROC on held-out patients and its range over the seeds. */
function comparisonTable(runs: ReadonlyMap<Arm, readonly RclipEvaluation[]>): string {
  const groups = [...runs.values()][0]![0]!.groups;
  const rows = [...runs].map(([arm, evaluations]) => {
    const cells = groups.map((_, group) =>
      spread(evaluations.map((evaluation) => evaluation.groups[group]!.scores.auroc!.estimate)),
    );
    return `| ${[ARMS[arm], ...cells].join(' | ')} |`;
  });
  const head = ['pre-training', ...groups.map(({ name }) => name)];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows].join('\n');
}

const seeds = options.seeds.split(',');
const runs = new Map<Arm, RclipEvaluation[]>();
for (const arm of Object.keys(ARMS) as Arm[]) runs.set(arm, []);
for (const seed of seeds)
  for (const [arm, evaluations] of runs) evaluations.push(await evaluateArm(arm, seed));
const folders = seeds.flatMap((seed) => [...runs.keys()].map((arm) => folderOf(arm, seed)));
const seconds = await Promise.all(folders.map(async (folder) => totalSeconds(await readStepSeconds(folder))));
const minutes = Math.round(seconds.reduce((sum, each) => sum + each, 0) / 60);
const title = `AUROC, mean (lowest to highest) of ${seeds.length} seeds; ${minutes} minutes of training`;
const table = `${title}\n\n${comparisonTable(runs)}\n`;
await writeFile(path.join(out, 'comparison.md'), table);
console.log(table);
