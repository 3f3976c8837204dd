import { fileURLToPath } from 'node:url';
import { evaluateRclip, type RclipEvaluation } from '@crrg/evaluate/node';
import { trainProbeOnStudies, trainRclipOnStudies } from '@crrg/train/node';
import { writeUntrainedRclip } from './config.js';
import { folderOf, type MiniRun } from './run.js';
import { trainingSections } from './studies.js';

const preset = (name: string) => fileURLToPath(new URL(`./presets/${name}.json`, import.meta.url));

/** A contrastive model with its probe and what it is worth. */
export interface JudgedClassifier {
  readonly name: string;
  /** Folder of the evaluation. */
  readonly folder: string;
  readonly evaluation: RclipEvaluation;
}

/** Trains a probe on a frozen encoder, and evaluates it on the test films. */
async function probe(run: MiniRun, name: string, id: string, encoder: string): Promise<JudgedClassifier> {
  const { backend, files, seed, size, step } = run;
  const out = folderOf(run, 'runs', `probe-${id}`);
  await step(`train the probe of ${name}`, () =>
    trainProbeOnStudies(files.labels, {
      ...{ out, backend, seed, start: [encoder] },
      preset: preset('rclip'),
      epochs: size.probeEpochs,
    }),
  );
  const folder = folderOf(run, 'results', name);
  const { evaluation } = await step(`evaluate ${name}`, () =>
    evaluateRclip(files.labels, {
      ...{ model: folderOf(run, 'runs', `probe-${id}`, 'model'), out: folder, backend, seed },
      numResamples: size.numResamples,
    }),
  );
  return { name, folder, evaluation };
}

/** What one pre-training differs in from another. */
interface Pretraining {
  readonly name: string;
  readonly id: string;
  readonly preset: string;
  readonly text: 'original' | 'generated';
}

async function pretrained(
  run: MiniRun,
  start: string,
  { name, id, ...given }: Pretraining,
): Promise<JudgedClassifier> {
  const { backend, files, seed, size, step } = run;
  const out = folderOf(run, 'runs', id);
  await step(`pre-train ${name}`, () =>
    trainRclipOnStudies(files.pairs, {
      ...{ out, backend, seed, start: [start], epochs: size.rclipEpochs },
      text: given.text,
      preset: preset(given.preset),
      ...(given.text === 'generated' && { reportModel: folderOf(run, 'runs/rrg/model') }),
    }),
  );
  return probe(run, name, id, folderOf(run, 'runs', id, 'model'));
}

/** Pre-trains on the reports of people and on those of the report model, in two ways, and trains probes on them and on what they started from. */
export async function runContrastive(
  run: MiniRun,
): Promise<Record<'random' | 'convirt' | 'original' | 'generated', JudgedClassifier>> {
  const { files, seed } = run;
  const start = folderOf(run, 'start/rclip');
  await writeUntrainedRclip(start, seed, await trainingSections(files));
  return {
    random: await probe(run, 'Random initialisation', 'random', start),
    convirt: await pretrained(run, start, {
      name: 'ConVIRT-style',
      id: 'convirt',
      preset: 'convirt',
      text: 'original',
    }),
    original: await pretrained(run, start, {
      name: 'R-CLIP, reports',
      id: 'rclip-original',
      preset: 'rclip',
      text: 'original',
    }),
    generated: await pretrained(run, start, {
      name: 'R-CLIP, generated reports',
      id: 'rclip-generated',
      preset: 'rclip',
      text: 'generated',
    }),
  };
}
