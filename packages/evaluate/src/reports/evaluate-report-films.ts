import type { AbortOptions } from '@crrg/core';
import { labelReport, type ClinicalFinding, type ReportLabelValues } from '@crrg/metrics';
import type { EvaluationOptions } from '../intervals.js';
import { loadMeteorStatistics, type MeteorStatistics } from '../meteor-statistics.js';
import { toScores, type Scores } from '../score.js';
import { evaluateClinicalLabels, type ClinicalScoreName } from './clinical-scores.js';
import { evaluateReportTexts, type ReportPair, type ReportScoreName } from './report-scores.js';

/** Labels that CheXbert gave to texts, by text with its white space collapsed. */
export type ChexbertLabels = ReadonlyMap<string, ReportLabelValues>;

/** A film's report by a system, beside the reference. */
export interface ReportFilm {
  readonly patient: string;
  /** Empty where the system wrote none. */
  readonly text: string;
  /** Null or empty where there is none. */
  readonly report: string | null;
}

/** Clinical efficacy as evaluations are written. */
export interface ClinicalSection {
  readonly labeller: 'crrg' | 'chexbert';
  readonly numReports: number;
  readonly scores: Scores<ClinicalScoreName>;
  readonly findings: Readonly<
    Partial<Record<ClinicalFinding, { readonly support: number } & Scores<'precision' | 'recall' | 'f1'>>>
  >;
}

/** Scores of whole reports as evaluations are written. */
export interface ReportSection {
  /** How texts became words and numbers. */
  readonly settings: {
    readonly meteor: string;
    /** By metric: what a reader needs to get the same numbers. */
    readonly signatures: Readonly<Record<string, string>>;
  };
  /** Films without a generated report left out on both sides, as the reference does. */
  readonly written: { readonly numReports: number; readonly scores: Scores<ReportScoreName> } | null;
  /** The same with an empty text for them; null where every film has a report. */
  readonly allFilms: { readonly numReports: number; readonly scores: Scores<ReportScoreName> } | null;
  /** Of the films of `written`. */
  readonly clinical: readonly ClinicalSection[];
  readonly numWithoutReport: number;
  readonly numWithoutReference: number;
  readonly texts: TextStatistics;
}

/** What the texts are like. */
export interface TextStatistics {
  readonly distinct: number;
  /** Films with the most common text, in [0, 1]. */
  readonly mostCommonShare: number;
  readonly meanWords: number;
  readonly meanReferenceWords: number | null;
}

const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean).length;
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A text as CheXbert's program looks at it. */
export const collapseWhiteSpace = (text: string): string => text.trim().replace(/\s+/g, ' ');

const hasText = (text: string | null): text is string => text !== null && text.trim() !== '';

function textStatistics(films: readonly ReportFilm[]): TextStatistics {
  const uses = new Map<string, number>();
  for (const { text } of films) uses.set(text, (uses.get(text) ?? 0) + 1);
  const references = films.flatMap(({ report }) => (hasText(report) ? [wordsOf(report)] : []));
  const written = films.filter(({ text }) => hasText(text));
  return {
    distinct: uses.size,
    mostCommonShare: Math.max(...uses.values()) / films.length,
    meanWords: written.length > 0 ? meanOf(written.map(({ text }) => wordsOf(text))) : 0,
    meanReferenceWords: references.length > 0 ? meanOf(references) : null,
  };
}

/** How reports are evaluated. */
export interface ReportFilmOptions extends EvaluationOptions, AbortOptions {
  /** What scores METEOR. @defaultValue loaded: exact, stem and synonym */
  readonly meteor?: MeteorStatistics | undefined;
  /** Adds clinical efficacy by CheXbert. @defaultValue none */
  readonly chexbert?: ChexbertLabels | undefined;
}

async function clinicalSection(
  labeller: ClinicalSection['labeller'],
  pairs: readonly ReportPair[],
  labelsOf: (text: string) => ReportLabelValues,
  options: ReportFilmOptions,
): Promise<ClinicalSection> {
  const labelled = pairs.map(({ patient, text, reference }) => ({
    patient,
    candidate: labelsOf(text),
    reference: labelsOf(reference),
  }));
  const coding = labeller === 'crrg' ? 'status' : 'chexbert';
  const { numReports, scores, findings } = await evaluateClinicalLabels(labelled, { ...options, coding });
  const ofFindings = Object.entries(findings).map(([finding, { support, ...intervals }]) => [
    finding,
    { support, ...toScores(intervals) },
  ]);
  return {
    labeller,
    numReports,
    scores: toScores(scores),
    findings: Object.fromEntries(ofFindings) as ClinicalSection['findings'],
  };
}

/** An empty text has no labels. */
const BLANK: ReportLabelValues = { 'No Finding': null };

async function textScores(
  pairs: readonly ReportPair[],
  meteor: MeteorStatistics,
  { numResamples, level, seed, signal }: ReportFilmOptions,
) {
  if (pairs.length === 0) return { section: null, signatures: {} };
  const options = { numResamples, level, seed, signal, meteor: meteor.meteor };
  const { scores, numReports, signatures } = await evaluateReportTexts(pairs, options);
  return { section: { numReports, scores: toScores(scores) }, signatures };
}

/**
 * Scores of whole reports of any system: words, and what they state. Undefined where no film has a reference.
 * @throws `signal.reason` on abort
 */
export async function evaluateReportFilms(
  films: readonly ReportFilm[],
  options: ReportFilmOptions = {},
): Promise<ReportSection | undefined> {
  const pairs = films.flatMap(({ patient, text, report }) =>
    hasText(report) ? [{ patient, text, reference: report }] : [],
  );
  if (pairs.length === 0) return undefined;
  const meteor = options.meteor ?? (await loadMeteorStatistics(undefined, options));
  const written = pairs.filter(({ text }) => hasText(text));
  const clinical: ClinicalSection[] = [];
  if (written.length > 0) {
    clinical.push(await clinicalSection('crrg', written, (text) => labelReport(text).labels, options));
    const { chexbert } = options;
    const labelsOf = (text: string) => chexbert!.get(collapseWhiteSpace(text)) ?? BLANK;
    if (chexbert) clinical.push(await clinicalSection('chexbert', written, labelsOf, options));
  }
  const { section, signatures } = await textScores(written, meteor, options);
  const all = written.length < pairs.length ? await textScores(pairs, meteor, options) : undefined;
  return {
    settings: { meteor: meteor.description, signatures },
    written: section,
    allFilms: all?.section ?? null,
    clinical,
    numWithoutReport: pairs.length - written.length,
    numWithoutReference: films.length - pairs.length,
    texts: textStatistics(films),
  };
}
