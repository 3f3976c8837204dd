import path from 'node:path';
import { INTENDED_USE } from '@crrg/core';
import { writeRclipBundle } from '../bundles.js';
import type { StudyProbe } from './fit-study-probe.js';
import type { RclipPretrainingSettings, RclipStageSettings } from '../rclip/rclip-presets.js';
import type { ProbePlan, TrainingPlan } from './plan.js';
import type { Pretrained } from './pretrain.js';
import type { StartEncoder, StartModel } from './start-model.js';

/** What was trained on studies, on how much. */
export interface StudyTrainingResult {
  readonly plan: TrainingPlan;
  readonly model: StartModel;
  readonly pretrained: Pretrained;
  /** Undefined where no study had labels. */
  readonly probe: StudyProbe | undefined;
  readonly counts: {
    readonly train: number;
    readonly valid: number;
    /** Left out of pre-training: no report of theirs says anything, or they have labels only. */
    readonly withoutText: number;
  };
}

/** What studies without text lack. */
export const textName = ({ text }: TrainingPlan): string => (text === 'original' ? 'text' : 'report');

/** What a probe reached, as rows. */
function probeRows({ films, config, aurocs }: StudyProbe): string[][] {
  return [
    ['labelled films for training', String(films.train)],
    ['labelled films for validation', String(films.valid)],
    ...config.labels.map((label, at) => [`validation AUROC ${label}`, aurocs[at]!.toFixed(3)]),
  ];
}

/** The result as rows of a name and a value, for a table or a model card. */
export function resultRows({ plan, pretrained, probe, counts }: StudyTrainingResult): string[][] {
  const { loss, position } = pretrained.best;
  const skipped = pretrained.batchesSkipped + (probe?.batchesSkipped ?? 0);
  return [
    ['studies for training', String(counts.train)],
    ['studies for validation', String(counts.valid)],
    ...(counts.withoutText > 0
      ? [[`studies without a ${textName(plan)}, left out`, String(counts.withoutText)]]
      : []),
    ...(skipped > 0 ? [['batches skipped', String(skipped)]] : []),
    ['best validation loss', `${loss.toFixed(4)} (epoch ${position.epoch + 1})`],
    ...(probe ? probeRows(probe) : []),
  ];
}

/** A probe that was trained on studies. */
export interface ProbeTrainingResult {
  readonly plan: ProbePlan;
  readonly model: StartEncoder;
  readonly probe: StudyProbe;
}

/** The result as rows of a name and a value, for a table or a model card. */
export function probeResultRows({ plan, probe }: ProbeTrainingResult): string[][] {
  const { batchesSkipped } = probe;
  return [
    ...(plan.probeShare < 1 ? [['share of the labelled films', String(plan.probeShare)]] : []),
    ...(batchesSkipped > 0 ? [['batches skipped', String(batchesSkipped)]] : []),
    ...probeRows(probe),
  ];
}

const textRow = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replace(/[|\s]+/g, ' ')).join(' | ')} |`;

const stageText = ({ epochs, batchSize, learningRate, weightDecay }: RclipStageSettings) =>
  `${epochs} epochs, batches of ${batchSize}, learning rate ${learningRate}, weight decay ${weightDecay}`;

const pretrainingText = ({ microBatchSize, ...settings }: RclipPretrainingSettings) =>
  stageText(settings) + (microBatchSize === undefined ? '' : `, micro-batches of ${microBatchSize}`);

const startText = ({ name, version, sha256 }: StartEncoder) => `${name} ${version} (sha256 ${sha256})`;

const presetText = ({ preset, presetSource }: ProbePlan) => `${preset} (${presetSource})`;

/** The text of a model card. */
function cardOf(intro: string, chosen: string, rows: readonly (readonly string[])[]): string {
  return [
    '# Model card',
    '',
    intro,
    '',
    '| what | value |',
    '| --- | --- |',
    ...rows.map(textRow),
    '',
    `Scores come from the validation studies, which also chose ${chosen}: they are too good for new films.`,
    '',
    INTENDED_USE,
    '',
  ].join('\n');
}

const CHOSEN = 'the epoch, temperatures and thresholds';

function modelCard(result: StudyTrainingResult, source: string): string {
  const { plan, model, probe } = result;
  return cardOf(`R-CLIP, trained by \`${source}\`${probe ? ', with a linear probe' : ''}.`, CHOSEN, [
    ['started from', startText(model)],
    ['preset', presetText(plan)],
    ['text', plan.text === 'original' ? 'sections of the studies' : 'generated reports'],
    ['pre-training', pretrainingText(plan.pretraining)],
    ...(probe ? [['probe', stageText(plan.probe)]] : []),
    ['seed', String(plan.seed)],
    ...resultRows(result),
  ]);
}

function probeCard(result: ProbeTrainingResult, source: string): string {
  const { plan, model } = result;
  return cardOf(`A linear probe on a frozen image encoder, trained by \`${source}\`.`, CHOSEN, [
    ['image encoder', startText(model)],
    ['preset', presetText(plan)],
    ['probe', stageText(plan.probe)],
    ['seed', String(plan.seed)],
    ...probeResultRows(result),
  ]);
}

/** A name that a manifest may hold, from that of a folder. */
function bundleName(folder: string): string {
  return path.basename(path.resolve(folder)).replace(/[^A-Za-z0-9._-]+/g, '-') || 'rclip';
}

/** Writes `FOLDER/model` and gives its path. @param source what made it, for manifest and model card */
export async function writeTrainedBundle(
  folder: string,
  result: StudyTrainingResult,
  source: string,
): Promise<string> {
  const { model, pretrained, probe, counts } = result;
  const target = path.join(folder, 'model');
  await writeRclipBundle(target, {
    name: bundleName(folder),
    version: '1',
    config: { ...model.config, probe: probe?.config ?? null },
    preprocessing: model.preprocessing,
    vocabulary: model.tokenizer.vocabulary,
    licence: `not stated; that of ${model.name} ${model.version} and of the data`,
    trainingData: `${counts.train + counts.valid} studies of the user; before that, the data of ${model.name} ${model.version}`,
    source,
    modelCard: modelCard(result, source),
    weights: new Map([...pretrained.weights, ...(probe?.weights ?? [])]),
  });
  return target;
}

/** Writes the encoder with its probe as `FOLDER/model` and gives its path. @param source what made it, for manifest and model card */
export async function writeProbeBundle(
  folder: string,
  result: ProbeTrainingResult,
  source: string,
): Promise<string> {
  const { model, probe } = result;
  const target = path.join(folder, 'model');
  await writeRclipBundle(target, {
    name: bundleName(folder),
    version: '1',
    config: { ...model.config, probe: probe.config },
    preprocessing: model.preprocessing,
    vocabulary: model.tokenizer?.vocabulary,
    licence: `not stated; that of ${model.name} ${model.version} and of the data`,
    trainingData: `${probe.films.train + probe.films.valid} labelled films of the user; before that, the data of ${model.name} ${model.version}`,
    source,
    modelCard: probeCard(result, source),
    weights: new Map([...model.weights, ...probe.weights]),
  });
  return target;
}
