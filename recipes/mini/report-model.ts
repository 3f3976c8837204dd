import { fileURLToPath } from 'node:url';
import { evaluateRrg, type RrgEvaluation } from '@crrg/evaluate/node';
import { trainRrgOnStudies } from '@crrg/train/node';
import { writeUntrainedRrg } from './config.js';
import { folderOf, type MiniRun } from './run.js';
import { trainingPhrases } from './studies.js';

const PRESET = fileURLToPath(new URL('./presets/rrg.json', import.meta.url));

/** A report model and what it is worth. */
export interface JudgedReportModel {
  readonly model: string;
  /** Folder of the evaluation. */
  readonly folder: string;
  readonly evaluation: RrgEvaluation;
}

async function judge(run: MiniRun, name: string, model: string): Promise<JudgedReportModel> {
  const { backend, files, seed, size } = run;
  const folder = folderOf(run, 'results', name);
  const { evaluation } = await run.step(`evaluate ${name}`, () =>
    evaluateRrg(files.regions, {
      ...{ model, out: folder, backend, seed },
      numResamples: size.numResamples,
      numBeams: 2,
    }),
  );
  return { model, folder, evaluation };
}

/** Trains the three stages of the report model, and evaluates it and what it started from. */
export async function runReportModel(
  run: MiniRun,
): Promise<{ readonly untrained: JudgedReportModel; readonly trained: JudgedReportModel }> {
  const { backend, files, seed, size, step } = run;
  const start = folderOf(run, 'start/rrg');
  await writeUntrainedRrg(start, seed, await trainingPhrases(files), size.selectionThreshold);
  const out = folderOf(run, 'runs/rrg');
  await step('train the report model (three stages)', () =>
    trainRrgOnStudies(files.regions, {
      ...{ out, backend, seed },
      preset: PRESET,
      start: [start],
      trainLanguageModel: true,
      epochs: size.rrgEpochs,
      source: 'recipes/mini',
      onProgress: (event) => {
        if (event.type !== 'training' || event.event.type !== 'evaluation-end') return;
        const { position, loss } = event.event;
        console.log(`  ${event.stage} epoch ${position.epoch + 1} valid loss ${loss.toFixed(3)}`);
      },
    }),
  );
  const untrained = await judge(run, 'RRG untrained', start);
  const trained = await judge(run, 'RRG', folderOf(run, 'runs/rrg/model'));
  return { untrained, trained };
}
