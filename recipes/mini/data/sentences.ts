import type { AnatomicalRegion } from '@crrg/core';
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

function lungSentence({ findings }: Patient, side: Side): Sentence {
  const opacity = findings.find(
    (finding): finding is Extract<Finding, { kind: 'opacity' }> =>
      finding.kind === 'opacity' && finding.side === side,
  );
  return opacity
    ? abnormal(
        `There is an opacity in the ${side} lung suggesting pneumonia.`,
        [`${side} lung`, `${side} ${opacity.zone} lung zone`],
        'lung opacity',
      )
    : normal(`The ${side} lung is clear.`, [`${side} lung`], 'lung opacity');
}

function pleuraSentence({ findings }: Patient, side: Side): Sentence {
  const isPresent = findings.some((finding) => finding.kind === 'effusion' && finding.side === side);
  const sentence = isPresent ? abnormal : normal;
  const text = isPresent ? `A ${side} pleural effusion is present.` : `No ${side} pleural effusion.`;
  return sentence(text, [`${side} costophrenic angle`], 'pleural effusion');
}

function heartSentence({ findings }: Patient): Sentence {
  const isLarge = findings.some(({ kind }) => kind === 'cardiomegaly');
  const sentence = isLarge ? abnormal : normal;
  const text = `The cardiac silhouette is ${isLarge ? 'enlarged' : 'normal in size'}.`;
  return sentence(text, ['cardiac silhouette'], 'enlarged cardiac silhouette');
}

/**
 * The sentences of a patient's report, in the order of the regions. Each meaning has one wording: a draw between two could not be seen on the film, and
 * would cost every model the same.
 */
export function findingSentences(patient: Patient): Sentence[] {
  const sides = SIDES.flatMap((side) => [lungSentence(patient, side), pleuraSentence(patient, side)]);
  return [...sides, heartSentence(patient)];
}

const IMPRESSIONS: Readonly<Record<Finding['kind'], string>> = {
  opacity: 'Findings suspicious for pneumonia.',
  effusion: 'Pleural effusion.',
  cardiomegaly: 'Cardiomegaly.',
};

/** The impression of a report. */
export const impressionOf = ({ findings }: Patient): string =>
  findings.length === 0
    ? 'No acute cardiopulmonary process.'
    : findings.map(({ kind }) => IMPRESSIONS[kind]).join(' ');

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
