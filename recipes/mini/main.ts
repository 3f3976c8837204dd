/**
 * The paper in miniature: `npm run paper:mini -- [--out FOLDER] [--size full|ci] [--seed 7]`. A run that was stopped goes on with the same command.
 */
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { runBaselines, type JudgedReports } from './baselines.js';
import { classifierChecks, formatCheck, holds, regionChecks, reportChecks } from './checks.js';
import { runContrastive } from './contrastive.js';
import { generateMiniData } from './data/generate.js';
import { runReportModel, type JudgedReportModel } from './report-model.js';
import { writeMiniPage } from './results.js';
import { createSteps, folderOf, makeFolder, type MiniRun } from './run.js';
import { MINI_SIZES, type MiniSize } from './sizes.js';
import { buildStudies } from './studies.js';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: 'paper-mini' },
    size: { type: 'string', default: 'full' },
    seed: { type: 'string', default: '7' },
  },
});

function chosenSize(): MiniSize {
  const size: MiniSize | undefined = MINI_SIZES[options.size as keyof typeof MINI_SIZES];
  if (size) return size;
  throw new Error(
    `recipes.mini: expected --size ${Object.keys(MINI_SIZES).join(' or ')}, got ${options.size}.`,
  );
}

async function main(): Promise<void> {
  const { out } = options;
  const [seed, size, step] = [Number(options.seed), chosenSize(), createSteps()];
  const data = folderOf({ out }, 'data');
  await step('make the data sets', () => generateMiniData(data, seed, size.data));
  const studies = await makeFolder(folderOf({ out }, 'studies'));
  const files = await step('build the studies', () => buildStudies(data, studies));
  const backend = await createOnnxBackend();
  try {
    const run: MiniRun = { out, seed, size, backend, files, step };
    const { untrained, trained } = await runReportModel(run);
    const baselines = await runBaselines(run);
    const classifiers = await runContrastive(run);
    const page = await writeMiniPage(run, { untrained, trained, baselines, classifiers });
    const { random, original, generated } = classifiers;
    const texts = (name: string, { evaluation: { reports } }: JudgedReportModel | JudgedReports) => ({
      name,
      reports,
    });
    const majority = texts('majority', baselines.majority);
    const [rrg, start] = [texts('RRG', trained), texts('untrained', untrained)];
    const captioners = [baselines.showAndTell, baselines.adaAtt].map((each) => texts(each.name, each));
    const checks = [
      ...reportChecks(rrg, start),
      ...regionChecks(trained.evaluation, untrained.evaluation),
      ...[rrg, ...captioners].flatMap((better) => reportChecks(better, majority)),
      ...[original, generated].flatMap(({ name, evaluation }) =>
        classifierChecks(name, evaluation, random.evaluation),
      ),
    ];
    for (const check of checks) console.log(formatCheck(check));
    console.log(`${page}: what was measured. Made-up films; research software, not a medical device.`);
    if (size.isJudged && !checks.every(holds)) process.exitCode = 1;
  } finally {
    backend.dispose();
  }
}

await main();
