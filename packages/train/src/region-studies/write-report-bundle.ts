import path from 'node:path';
import { writeBundle } from '@crrg/checkpoints/node';
import { ANATOMICAL_REGIONS, INTENDED_USE } from '@crrg/core';
import type { HostTensor } from '@crrg/tensor';
import { writeReportModelBundle, type TrainedModel } from '../bundles.js';
import type { RrgStage } from '../rrg/rrg-losses.js';
import { withPosWeights } from '../rrg/train-rrg.js';
import type { RrgPlan, StagePlan } from './stage-plan.js';
import type { RrgStartModel } from './start-report-model.js';
import type { TrainedStage } from './train-stage.js';

/** What was trained on region studies, on how much. */
export interface RrgTrainingResult {
  readonly plan: RrgPlan;
  readonly start: RrgStartModel;
  /** One after the other. */
  readonly stages: readonly TrainedStage[];
}

/** Names of the stages for people. */
export const STAGE_NAMES: Readonly<Record<RrgStage, string>> = {
  detector: 'detector',
  classifiers: 'selector',
  full: 'generator',
};

/** The result as rows of a name and a value, for a table or a model card. */
export function rrgResultRows({ stages }: RrgTrainingResult): string[][] {
  return stages.flatMap(({ plan, counts, best, batchesSkipped }) => {
    const name = STAGE_NAMES[plan.stage];
    return [
      [`${name}: studies for training`, String(counts.train)],
      [`${name}: studies for validation`, String(counts.valid)],
      ...(batchesSkipped > 0 ? [[`${name}: batches skipped`, String(batchesSkipped)]] : []),
      [
        `${name}: best validation loss`,
        `${best.loss.toFixed(4)} (epoch ${best.position.epoch + 1}, ${best.position.batchesDone} batches)`,
      ],
    ];
  });
}

const textRow = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replace(/[|\s]+/g, ' ')).join(' | ')} |`;

function settingRows({ stage, settings, share, validShare, firstRows, origins }: StagePlan): string[][] {
  const all = { ...settings, ...(firstRows === undefined ? { share } : { firstRows }), validShare };
  return Object.entries(all).map(([name, value]) => [
    STAGE_NAMES[stage],
    name,
    String(value),
    origins[name] ?? '',
  ]);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
  textRow(head),
  textRow(head.map(() => '---')),
  ...rows.map(textRow),
];

function freshNote({ fresh, isNewVocabulary, trainLanguageModel, vocabulary }: RrgStartModel): string[] {
  const size = Object.keys(vocabulary?.vocab ?? {}).length;
  return [
    ...(fresh.length > 0 ? [`${fresh.length} tensors were drawn at random: no start had them.`] : []),
    ...(isNewVocabulary
      ? [`The vocabulary of ${size} tokens was learned from the phrases of the split train.`]
      : []),
    ...(trainLanguageModel ? ['The language model itself was trained, not only its image projections.'] : []),
  ];
}

/** The model card of what was trained. */
function modelCard(result: RrgTrainingResult, source: string): string {
  const { plan, start, stages } = result;
  const { preset } = plan;
  const names = stages.map(({ plan: { stage } }) => STAGE_NAMES[stage]).join(', ');
  const rows = [
    ['started from', start.name],
    ['stages', names],
    ['preset', `${preset.name} (${preset.source})`],
    ...(stages.at(-1)!.plan.stage === 'full'
      ? [['longest sentence of the preset', `${preset.maxSentenceTokens} tokens`]]
      : []),
    ...rrgResultRows(result),
  ];
  const partial = stages.some((stage) => stage.partial);
  return [
    '# Model card',
    '',
    `CRRG's report model, trained by \`${source}\`.`,
    '',
    ...table(['what', 'value'], rows),
    '',
    ...freshNote(start),
    ...(partial
      ? ['Regions that a study does not list were ignored in training, not taken as background.']
      : []),
    '',
    '## Settings',
    '',
    ...table(
      ['stage', 'setting', 'value', 'from'],
      stages.flatMap(({ plan: each }) => settingRows(each)),
    ),
    '',
    'Validation chose the epoch of each stage, so its losses are too good for new films; no score on other films was measured.',
    '',
    INTENDED_USE,
    '',
  ].join('\n');
}

/** A name that a manifest may hold, from that of a folder. */
function bundleName(folder: string): string {
  return path.basename(path.resolve(folder)).replace(/[^A-Za-z0-9._-]+/g, '-') || 'rrg';
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes `FOLDER/model` and gives its path: a whole report model after the last stage, else the part that was trained. */
export async function writeReportBundle(
  folder: string,
  result: RrgTrainingResult,
  source: string,
): Promise<string> {
  const { start, stages } = result;
  const last = stages.at(-1)!;
  const { stage, settings } = last.plan;
  const config = withPosWeights(start.config, settings);
  const target = path.join(folder, 'model');
  const counts = Math.max(...stages.map(({ counts: { train, valid } }) => train + valid));
  const common: TrainedModel = {
    name: bundleName(folder),
    version: '1',
    weights: last.weights as Map<string, HostTensor>,
    licence: `not stated; that of ${start.name} and of the data`,
    trainingData: `${counts} region studies of the user; before that, the data of ${start.name}`,
    source,
    modelCard: modelCard(result, source),
  };
  if (stage === 'full') {
    const { preprocessing, vocabulary } = start;
    await writeReportModelBundle(target, { ...common, config, preprocessing, vocabulary: vocabulary! });
    return target;
  }
  const { detector, regionSelector } = config;
  const { modelCard: card, documents: _, ...fields } = common;
  await writeBundle(target, {
    ...fields,
    config:
      stage === 'detector' ? { part: 'detector', detector } : { part: 'selector', detector, regionSelector },
    labels: ANATOMICAL_REGIONS,
    thresholds: {},
    preprocessing: { ...start.preprocessing },
    tokenizer: null,
    modelCard: 'MODEL_CARD.md',
    attachments: { 'MODEL_CARD.md': { role: 'document', bytes: bytes(card) } },
  });
  return target;
}
