import path from 'node:path';
import { INTENDED_USE } from '@crrg/core';
import { writeRclipBundle } from '../bundles.js';
import { RCLIP_PRESETS } from '../rclip/rclip-presets.js';
import type { StudyProbe } from './fit-study-probe.js';
import type { TrainingPlan } from './plan.js';
import type { Pretrained } from './pretrain.js';
import type { StartModel } from './start-model.js';

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
    ...(probe
      ? [
          ['labelled films for training', String(probe.films.train)],
          ['labelled films for validation', String(probe.films.valid)],
          ...probe.config.labels.map((label, at) => [
            `validation AUROC ${label}`,
            probe.aurocs[at]!.toFixed(3),
          ]),
        ]
      : []),
  ];
}

const textRow = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replace(/[|\s]+/g, ' ')).join(' | ')} |`;

function modelCard(result: StudyTrainingResult, source: string): string {
  const { plan, model, probe } = result;
  const stage = ({ epochs, batchSize, learningRate, weightDecay }: TrainingPlan['probe']) =>
    `${epochs} epochs, batches of ${batchSize}, learning rate ${learningRate}, weight decay ${weightDecay}`;
  const rows = [
    ['started from', `${model.name} ${model.version} (sha256 ${model.sha256})`],
    ['preset', `${plan.preset} (${RCLIP_PRESETS[plan.preset].source})`],
    ['text', plan.text === 'original' ? 'sections of the studies' : 'generated reports'],
    ['pre-training', stage(plan.pretraining)],
    ...(probe ? [['probe', stage(plan.probe)]] : []),
    ['seed', String(plan.seed)],
    ...resultRows(result),
  ];
  return [
    '# Model card',
    '',
    `R-CLIP, trained by \`${source}\`${probe ? ', with a linear probe' : ''}.`,
    '',
    '| what | value |',
    '| --- | --- |',
    ...rows.map(textRow),
    '',
    'Scores come from the validation studies, which also chose the epoch, temperatures and thresholds: they are too good for new films.',
    '',
    INTENDED_USE,
    '',
  ].join('\n');
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
