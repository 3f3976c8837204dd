import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  parseCaptionerPreset,
  trainCaptioner,
  writeCaptions,
  writeMajorityReports,
  writeRetrievedReports,
  type CaptionerKind,
} from '@crrg/baselines/node';
import { evaluateReports, type ReportsEvaluation } from '@crrg/evaluate/node';
import { folderOf, type MiniRun } from './run.js';

/** The reports of a baseline and what they are worth. */
export interface JudgedReports {
  readonly name: string;
  /** Folder of the evaluation. */
  readonly folder: string;
  readonly evaluation: ReportsEvaluation;
}

async function judge(run: MiniRun, name: string, reports: string): Promise<JudgedReports> {
  const { files, seed, size } = run;
  const folder = folderOf(run, 'results', name);
  const { evaluation } = await run.step(`evaluate ${name}`, () =>
    evaluateReports(reports, {
      ...{ studies: files.regions, out: folder, name, seed },
      numResamples: size.numResamples,
    }),
  );
  return { name, folder, evaluation };
}

async function runCaptioner(run: MiniRun, kind: CaptionerKind, name: string): Promise<JudgedReports> {
  const { backend, files, seed, size, step } = run;
  const preset = parseCaptionerPreset(
    JSON.parse(await readFile(fileURLToPath(new URL(`./presets/${kind}.json`, import.meta.url)), 'utf8')),
  );
  const out = folderOf(run, 'runs', kind);
  await step(`train ${name}`, () =>
    trainCaptioner(files.regions, { out, backend, seed, preset, epochs: size.captionerEpochs[kind] }),
  );
  const model = folderOf(run, 'runs', kind, 'model');
  const reports = await step(`write reports of ${name}`, () =>
    writeCaptions(files.regions, { model, out, backend, numBeams: preset.numBeams }),
  );
  return judge(run, name, reports);
}

/** Every baseline of report generation that needs no service: what a report model must beat. */
export async function runBaselines(
  run: MiniRun,
): Promise<Record<'majority' | 'retrieval' | 'showAndTell' | 'adaAtt', JudgedReports>> {
  const { files } = run;
  const { file: majority } = await writeMajorityReports(files.regions, {
    out: folderOf(run, 'runs/majority'),
  });
  const { file: retrieval } = await writeRetrievedReports(files.regions, {
    out: folderOf(run, 'runs/retrieval'),
  });
  return {
    majority: await judge(run, 'Majority', majority),
    retrieval: await judge(run, 'Retrieval', retrieval),
    showAndTell: await runCaptioner(run, 'show-and-tell', 'S&T'),
    adaAtt: await runCaptioner(run, 'ada-att', 'AdaAtt'),
  };
}
