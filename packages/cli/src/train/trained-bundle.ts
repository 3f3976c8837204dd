import path from 'node:path';
import { writeBundle } from '@crrg/checkpoints/node';
import { INTENDED_USE } from '@crrg/core';
import { toRclipManifest } from '@crrg/pipeline';
import { RCLIP_PRESETS } from '@crrg/train';
import { toVocabularyText, type RclipConfig } from '@crrg/rclip';
import type { StudyProbe } from './fit-study-probe.js';
import type { TrainingPlan } from './plan.js';
import type { Pretrained } from './pretrain.js';
import type { StartModel } from './start-model.js';

/** What was trained, on how much. */
export interface TrainingResult {
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

/** The result as rows of a name and a value, for the table and the model card. */
export function resultRows({ plan, pretrained, probe, counts }: TrainingResult): string[][] {
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

function modelCard(result: TrainingResult): string {
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
    `R-CLIP, trained by \`crrg train rclip\`${probe ? ', with a linear probe' : ''}.`,
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

/** Writes `FOLDER/model` and gives its path. */
export async function writeTrainedBundle(folder: string, result: TrainingResult): Promise<string> {
  const { model, pretrained, probe, counts } = result;
  const config: RclipConfig = { ...model.config, probe: probe?.config ?? null };
  const bytes = (text: string) => new TextEncoder().encode(text);
  const target = path.join(folder, 'model');
  await writeBundle(target, {
    name: bundleName(folder),
    version: '1',
    ...toRclipManifest(config),
    preprocessing: { ...model.preprocessing },
    tokenizer: { kind: 'word-piece', vocab: 'vocab.txt' },
    licence: `not stated; that of ${model.name} ${model.version} and of the data`,
    trainingData: `${counts.train + counts.valid} studies of the user; before that, the data of ${model.name} ${model.version}`,
    source: 'crrg train rclip',
    modelCard: 'MODEL_CARD.md',
    weights: new Map([...pretrained.weights, ...(probe?.weights ?? [])]),
    attachments: {
      'vocab.txt': { role: 'tokenizer', bytes: bytes(toVocabularyText(model.tokenizer.vocabulary)) },
      'MODEL_CARD.md': { role: 'document', bytes: bytes(modelCard(result)) },
    },
  });
  return target;
}
