import { float32 } from '@crrg/tensor';
import { countDoubts, type DoubtCounts } from '../doubt-counts.js';
import type { EvaluationOptions } from '../intervals.js';
import { evaluateClassification, type LabelSection } from './classification.js';
import { evaluateClasses, type ClassSection } from './classes.js';
import { patientOfStudy, type RclipFilm } from './film.js';
import { evaluateRetrieval, type RetrievalSection } from './retrieval-scores.js';
import { decodeVector } from './vectors.js';

/** A probe at its own threshold, and at 0.5 as the reference. */
export interface ProbeLabel extends LabelSection {
  readonly threshold: number;
  readonly atHalf: LabelSection['scores'];
}

/** Everything that is measured of a contrastive model; a section that model or studies say nothing of is null. */
export interface RclipSections {
  readonly counts: {
    readonly films: number;
    readonly studies: number;
    readonly patients: number;
    readonly labelled: number;
    readonly withText: number;
    readonly inDoubt: DoubtCounts;
  };
  readonly probe: Readonly<Record<string, ProbeLabel>> | null;
  /** By label; the decision is the better of two prompts. */
  readonly zeroShot: Readonly<Record<string, LabelSection>> | null;
  readonly retrieval: RetrievalSection | null;
  /** Only where classes were asked about. */
  readonly classes: ClassSection | null;
}

const labelsOf = (films: readonly RclipFilm[]) => [
  ...new Set(films.flatMap(({ labels }) => Object.keys(labels))),
];

function probeSection(films: readonly RclipFilm[], options: EvaluationOptions): RclipSections['probe'] {
  const entries = labelsOf(films).flatMap((label) => {
    const answers = films.flatMap((film) => {
      const [said, known] = [film.probe?.[label], film.labels[label]];
      return said && known !== undefined
        ? [{ ...said, patient: patientOfStudy(film), isPresent: known === 1 }]
        : [];
    });
    if (answers.length === 0) return [];
    const atHalf = answers.map((answer) => ({ ...answer, positive: answer.probability > 0.5 }));
    const { threshold } = answers[0]!;
    const section = evaluateClassification(answers, options);
    return [
      [label, { ...section, threshold, atHalf: evaluateClassification(atHalf, options).scores }] as const,
    ];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

function zeroShotSection(films: readonly RclipFilm[], options: EvaluationOptions): RclipSections['zeroShot'] {
  const entries = labelsOf(films).flatMap((label) => {
    const answers = films.flatMap((film) => {
      const [probability, known] = [film.zeroShot?.[label], film.labels[label]];
      return probability === undefined || known === undefined
        ? []
        : [
            {
              patient: patientOfStudy(film),
              probability,
              positive: probability > 0.5,
              isPresent: known === 1,
            },
          ];
    });
    return answers.length > 0 ? [[label, evaluateClassification(answers, options)] as const] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

function retrievalSection(films: readonly RclipFilm[], options: EvaluationOptions): RetrievalSection | null {
  const paired = films.flatMap((film) =>
    film.embeddings && film.text !== undefined
      ? [{ film, text: film.text, embeddings: film.embeddings }]
      : [],
  );
  if (paired.length < 2) return null;
  const matrix = (side: 'image' | 'text') => {
    const rows = paired.map(({ embeddings }) => decodeVector(embeddings[side]));
    const width = rows[0]!.length;
    const data = new Float32Array(rows.length * width);
    rows.forEach((row, at) => data.set(row, at * width));
    return float32([rows.length, width], data);
  };
  return evaluateRetrieval(
    {
      images: matrix('image'),
      texts: matrix('text'),
      keys: paired.map(({ text }) => text),
      patients: paired.map(({ film }) => patientOfStudy(film)),
    },
    options,
  );
}

/**
 * Everything that is measured of a contrastive model, from what it said of films.
 *
 * Source: docs/reference/rclip.md#zero-shot-classification-and-retrieval.
 */
export function evaluateRclipFilms(
  films: readonly RclipFilm[],
  options: EvaluationOptions = {},
): RclipSections {
  return {
    counts: {
      films: films.length,
      studies: new Set(films.map(({ study }) => study)).size,
      patients: new Set(films.map(patientOfStudy)).size,
      labelled: films.filter(({ labels }) => Object.keys(labels).length > 0).length,
      withText: films.filter(({ text }) => text !== undefined).length,
      inDoubt: countDoubts(films),
    },
    probe: probeSection(films, options),
    zeroShot: zeroShotSection(films, options),
    retrieval: retrievalSection(films, options),
    classes: evaluateClasses(films, options) ?? null,
  };
}
