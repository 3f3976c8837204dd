import type { AbortOptions, AnatomicalRegion } from '@crrg/core';
import type { ConfusionCounts } from '@crrg/metrics';
import type { LoadMeteorOptions, Meteor } from '@crrg/metrics/meteor';
import { evaluateDetectionPrecision, type RegionPrecision } from '../detection-precision.js';
import { countDoubts, type DoubtCounts } from '../doubt-counts.js';
import type { EvaluationOptions } from '../intervals.js';
import { loadMeteorStatistics } from '../meteor-statistics.js';
import { evaluateFoundRegions, type FoundRegion } from '../regions.js';
import {
  evaluateReportFilms,
  type ChexbertLabels,
  type ReportSection,
} from '../reports/evaluate-report-films.js';
import { toScores, type Score, type Scores } from '../score.js';
import { boxesOf, patientOf, speaksOfRegions, type RrgFilm, type RrgFilmRegion } from './film.js';
import { evaluateFilmLabels, type FilmLabelSection } from './film-labels.js';
import { evaluateSelection, type DecisionScores, type Subset } from './selection.js';
import { evaluateSentences, type SentencePair } from './sentences.js';

/** Boxes against annotated ones. */
export interface DetectionSection {
  readonly numFilms: number;
  readonly numBoxes: number;
  readonly scores: Scores<'overlap' | 'meanIou' | 'detectedShare' | 'detectedRegionsPerFilm'>;
  readonly regions: Readonly<
    Partial<
      Record<
        AnatomicalRegion,
        { readonly numBoxes: number; readonly scores: Scores<'overlap' | 'meanIou' | 'detectedShare'> }
      >
    >
  >;
  /** Not measured for figures with the reference's leak. */
  readonly averagePrecision: {
    readonly scores: Scores<'ap' | 'ap50' | 'ap75' | 'ar'>;
    readonly regions: RegionPrecision['regions'];
  } | null;
}

/** Decisions as evaluations are written. */
export interface DecisionSection {
  readonly scores: Scores<'precision' | 'recall' | 'f1'>;
  readonly confusion: ConfusionCounts;
}

/** Selected regions and regions called abnormal. */
export interface SelectionSection {
  readonly numFilms: number;
  readonly numRegions: number;
  readonly selection: Readonly<Record<Subset, DecisionSection>>;
  readonly abnormality: DecisionSection;
}

/** Sentences of regions against their reference phrases. */
export interface SentenceSection {
  readonly scores: Scores<Subset | 'mismatched' | 'ratio'>;
  readonly numPairs: Readonly<Record<Subset | 'mismatched', number>>;
  readonly regions: Readonly<
    Partial<Record<AnatomicalRegion, { readonly meteor: Score; readonly numPairs: number }>>
  >;
}

/** Everything that is measured of a report model; a section that the studies say nothing of is null. */
export interface RrgSections {
  readonly detection: DetectionSection | null;
  readonly regions: SelectionSection | null;
  readonly sentences: SentenceSection | null;
  readonly reports: ReportSection | null;
  readonly films: FilmLabelSection | null;
  /** As RGRG measures itself, the annotated boxes among the proposals: flattered, for comparison with figures made so. */
  readonly withReferenceLeak: Pick<RrgSections, 'detection' | 'regions'> | null;
  readonly counts: {
    readonly films: number;
    readonly patients: number;
    /** Films for which no region was selected: they have no report and enter no score of reports. */
    readonly withoutSelectedRegion: number;
    readonly meanDescribedRegions: number;
    readonly distinctSentences: number;
    /** Annotated boxes that reach more than a pixel beyond their film: perhaps of another size of it. */
    readonly boxesOutside: number;
    readonly inDoubt: DoubtCounts;
  };
}

/** How films are evaluated. */
export interface RrgFilmsOptions extends EvaluationOptions, AbortOptions {
  readonly meteor?: Meteor | LoadMeteorOptions | undefined;
  readonly chexbert?: ChexbertLabels | undefined;
}

type Judge = (region: RrgFilmRegion) => {
  isSelected: boolean;
  isDetected: boolean;
  isPredictedAbnormal: boolean;
};

const asMeasured: Judge = ({ status, isAbnormal }) => ({
  isSelected: status === 'described',
  isDetected: status !== 'not-detected',
  isPredictedAbnormal: isAbnormal,
});

const asLeaked: Judge = ({ withReferenceLeak }) => ({
  isSelected: withReferenceLeak!.isSelected,
  isDetected: withReferenceLeak!.isDetected,
  isPredictedAbnormal: withReferenceLeak!.isAbnormal,
});

async function precisionSection(
  films: readonly RrgFilm[],
  options: EvaluationOptions & AbortOptions,
): Promise<DetectionSection['averagePrecision']> {
  const reports = films.map((film) => ({ report: film, boxes: boxesOf(film), patient: patientOf(film) }));
  const precision = await evaluateDetectionPrecision(reports, options);
  return precision ? { scores: toScores(precision.scores), regions: precision.regions } : null;
}

async function detectionSection(
  films: readonly RrgFilm[],
  regionOf: (region: RrgFilmRegion) => FoundRegion,
  isLeaky: boolean,
  options: EvaluationOptions & AbortOptions,
): Promise<DetectionSection | null> {
  const annotated = films.filter((film) => Object.keys(boxesOf(film)).length > 0);
  if (annotated.length === 0) return null;
  const found = annotated.map((film) => ({
    patient: patientOf(film),
    boxes: boxesOf(film),
    regions: film.regions.map(regionOf),
  }));
  const { scores, regions, numFilms, numBoxes } = evaluateFoundRegions(found, options);
  const ofRegions = Object.entries(regions).map(([name, { numBoxes: count, ...intervals }]) => [
    name,
    { numBoxes: count, scores: toScores(intervals) },
  ]);
  return {
    numFilms,
    numBoxes,
    scores: toScores(scores),
    regions: Object.fromEntries(ofRegions) as DetectionSection['regions'],
    averagePrecision: isLeaky ? null : await precisionSection(annotated, options),
  };
}

const decisionSection = ({ scores, confusion }: DecisionScores): DecisionSection => ({
  scores: toScores(scores),
  confusion,
});

function selectionSection(
  films: readonly RrgFilm[],
  judge: Judge,
  options: EvaluationOptions,
): SelectionSection | null {
  const spoken = films.filter(speaksOfRegions);
  if (spoken.length === 0) return null;
  const judged = spoken.map((film) => ({
    patient: patientOf(film),
    regions: film.regions.flatMap((region) =>
      region.reference
        ? [
            {
              ...judge(region),
              hasPhrase: region.reference.text.trim() !== '',
              isAbnormal: region.reference.abnormal,
            },
          ]
        : [],
    ),
  }));
  const { selection, abnormality, numFilms, numRegions } = evaluateSelection(judged, options);
  const { all, normal, abnormal } = selection;
  return {
    numFilms,
    numRegions,
    selection: {
      all: decisionSection(all),
      normal: decisionSection(normal),
      abnormal: decisionSection(abnormal),
    },
    abnormality: decisionSection(abnormality),
  };
}

function pairsOf({ regions }: RrgFilm): SentencePair[] {
  return regions.flatMap(({ name, sentence, reference }) =>
    sentence !== undefined && reference && reference.text.trim() !== ''
      ? [{ region: name, sentence, phrase: reference.text, isAbnormal: reference.abnormal }]
      : [],
  );
}

async function leakSections(
  films: readonly RrgFilm[],
  options: EvaluationOptions,
): Promise<RrgSections['withReferenceLeak']> {
  const leaked = films.filter(({ regions }) => regions.every(({ withReferenceLeak }) => withReferenceLeak));
  if (leaked.length === 0) return null;
  const regionOf = ({ name, withReferenceLeak }: RrgFilmRegion): FoundRegion => ({
    name,
    ...withReferenceLeak!,
  });
  return {
    detection: await detectionSection(leaked, regionOf, true, options),
    regions: selectionSection(leaked, asLeaked, options),
  };
}

function boxesOutside(films: readonly RrgFilm[]): number {
  return films.reduce((sum, film) => {
    const isOutside = ({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }) =>
      Math.min(x1, y1) < -1 || x2 > film.width + 1 || y2 > film.height + 1;
    return sum + Object.values(boxesOf(film)).filter(isOutside).length;
  }, 0);
}

function countsOf(films: readonly RrgFilm[]): RrgSections['counts'] {
  const described = films.map(({ regions }) => regions.filter(({ status }) => status === 'described'));
  return {
    films: films.length,
    patients: new Set(films.map(patientOf)).size,
    withoutSelectedRegion: described.filter(({ length }) => length === 0).length,
    meanDescribedRegions: described.reduce((sum, { length }) => sum + length, 0) / films.length,
    distinctSentences: new Set(described.flat().map(({ sentence }) => sentence)).size,
    boxesOutside: boxesOutside(films),
    inDoubt: countDoubts(films),
  };
}

/**
 * Everything that is measured of a report model, from what it said of films. The films' own order decides the samples of the bootstrap.
 *
 * @example
 * ```ts
 * const { detection, reports } = await evaluateRrgFilms(films);
 * console.log(detection?.scores.meanIou, reports?.written?.scores.bleu4);
 * ```
 * @throws `signal.reason` on abort
 */
export async function evaluateRrgFilms(
  films: readonly RrgFilm[],
  options: RrgFilmsOptions = {},
): Promise<RrgSections> {
  const { numResamples, level, seed, signal } = options;
  const sampling = { numResamples, level, seed };
  const meteor = await loadMeteorStatistics(options.meteor, { signal });
  const paired = films
    .map((film) => ({ patient: patientOf(film), pairs: pairsOf(film) }))
    .filter(({ pairs }) => pairs.length > 0);
  const sentences =
    paired.length > 0 ? await evaluateSentences(paired, meteor, { ...sampling, signal }) : undefined;
  const reported = films.map((film) => ({ patient: patientOf(film), text: film.text, report: film.report }));
  const { chexbert } = options;
  const reports = await evaluateReportFilms(reported, { ...sampling, signal, meteor, chexbert });
  const measured = ({ name, box, status }: RrgFilmRegion) => ({
    name,
    box,
    isDetected: status !== 'not-detected',
  });
  const ofRegions = Object.entries(sentences?.regions ?? {}).map(([name, { meteor: interval, numPairs }]) => [
    name,
    { ...toScores({ meteor: interval }), numPairs },
  ]);
  return {
    counts: countsOf(films),
    detection: await detectionSection(films, measured, false, { ...sampling, signal }),
    regions: selectionSection(films, asMeasured, sampling),
    sentences: sentences
      ? {
          scores: toScores(sentences.scores),
          numPairs: sentences.numPairs,
          regions: Object.fromEntries(ofRegions) as SentenceSection['regions'],
        }
      : null,
    reports: reports ?? null,
    films: evaluateFilmLabels(films, sampling) ?? null,
    withReferenceLeak: await leakSections(films, sampling),
  };
}
