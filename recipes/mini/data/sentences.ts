import type { AnatomicalRegion, Random } from '@crrg/core';
import type { Finding, Patient, Side } from './patient.js';

/** A sentence of a report, the regions that it speaks of, and what Chest ImaGenome's labeller would note for each. */
export interface Sentence {
  readonly text: string;
  readonly regions: readonly AnatomicalRegion[];
  /** `category|yes-or-no|name`, as in a scene graph. */
  readonly attributes: readonly string[];
}

const ABNORMAL = 'nlp|yes|abnormal';
const NORMAL = 'nlp|yes|normal';
const SIDES: readonly Side[] = ['right', 'left'];

const pick = <T>(items: readonly T[], random: Random): T => items[random.integer(items.length)]!;

const abnormal = (text: string, regions: readonly AnatomicalRegion[], name: string): Sentence => ({
  text,
  regions,
  attributes: [`anatomicalfinding|yes|${name}`, ABNORMAL],
});

const normal = (text: string, regions: readonly AnatomicalRegion[], name: string): Sentence => ({
  text,
  regions,
  attributes: [`anatomicalfinding|no|${name}`, NORMAL],
});

function lungSentence({ findings }: Patient, side: Side, random: Random): Sentence {
  const opacity = findings.find(
    (finding): finding is Extract<Finding, { kind: 'opacity' }> =>
      finding.kind === 'opacity' && finding.side === side,
  );
  if (!opacity)
    return normal(
      pick([`The ${side} lung is clear.`, `There is no opacity in the ${side} lung.`], random),
      [`${side} lung`],
      'lung opacity',
    );
  const { zone } = opacity;
  return abnormal(
    `There is an opacity in the ${side} ${zone} lung zone suggesting pneumonia.`,
    [`${side} lung`, `${side} ${zone} lung zone`],
    'lung opacity',
  );
}

function pleuraSentence({ findings }: Patient, side: Side, random: Random): Sentence {
  const regions: readonly AnatomicalRegion[] = [`${side} costophrenic angle`];
  if (findings.some((finding) => finding.kind === 'effusion' && finding.side === side))
    return abnormal(`A ${side} pleural effusion is present.`, regions, 'pleural effusion');
  return normal(
    pick([`No ${side} pleural effusion.`, `The ${side} costophrenic angle is sharp.`], random),
    regions,
    'pleural effusion',
  );
}

function heartSentence({ findings }: Patient, random: Random): Sentence {
  const regions: readonly AnatomicalRegion[] = ['cardiac silhouette'];
  if (findings.some(({ kind }) => kind === 'cardiomegaly'))
    return abnormal('The cardiac silhouette is enlarged.', regions, 'enlarged cardiac silhouette');
  return normal(
    pick(['The cardiac silhouette is normal in size.', 'Heart size is normal.'], random),
    regions,
    'enlarged cardiac silhouette',
  );
}

/**
 * The sentences of a patient's report, in the order of the regions. A healthy region is described in one of two wordings, a finding in one: where two
 * sentences of one finding differed, a report would hold both.
 */
export function findingSentences(patient: Patient, random: Random): Sentence[] {
  const sides = SIDES.flatMap((side) => [
    lungSentence(patient, side, random),
    pleuraSentence(patient, side, random),
  ]);
  return [...sides, heartSentence(patient, random)];
}

const IMPRESSIONS = {
  opacity: ['Findings suspicious for pneumonia.', 'Pneumonia.'],
  effusion: ['Pleural effusion.'],
  cardiomegaly: ['Cardiomegaly.'],
} as const;

/** The impression of a report. */
export function impressionOf({ findings }: Patient, random: Random): string {
  if (findings.length === 0)
    return pick(['No acute cardiopulmonary process.', 'Normal chest radiograph.'], random);
  return findings.map(({ kind }) => pick(IMPRESSIONS[kind], random)).join(' ');
}

function wrap(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length >= width) lines.push('');
    lines[lines.length - 1] = `${lines.at(-1)!} ${word}`;
  }
  return lines.join('\n');
}

/** A report file as MIMIC-CXR has it. */
export function reportFile(findings: string, impression: string): string {
  return [
    `${' '.repeat(33)}FINAL REPORT`,
    ' EXAMINATION:  CHEST (PA AND LAT)',
    ' ',
    ' INDICATION:  Made-up patient; no person lies behind this text.',
    ' ',
    ' FINDINGS: ',
    ' ',
    wrap(findings, 78),
    ' ',
    ' IMPRESSION: ',
    ' ',
    wrap(impression, 78),
    '',
  ].join('\n');
}
