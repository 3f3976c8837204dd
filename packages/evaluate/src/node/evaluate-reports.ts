import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createProblemList, DataError, INTENDED_USE, type AbortOptions } from '@crrg/core';
import { readInputText, writeFileAtomically, writingTo } from '@crrg/core/node';
import type { RegionStudy } from '@crrg/datasets/node';
import type { ReportsEvaluation } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';
import { loadMeteorStatistics } from '../meteor-statistics.js';
import { evaluateReportFilms } from '../reports/evaluate-report-films.js';
import { patientOf } from '../rrg/film.js';
import { readChexbertLabels, writeChexbertInput } from './chexbert.js';
import type { EvaluationListener } from './events.js';
import { takeRun } from './film-log.js';
import { readChosenStudies, sha256OfFile, type StudyChoice } from './region-studies.js';
import { meteorOptions } from './paraphrases.js';
import { intervalSettings, writeResults } from './write-results.js';

/** The format of a line of `films.jsonl` of reports. */
export const REPORT_FILM_SCHEMA = 'crrg/evaluation/report-film/1';

/** A film's report by a system beside the reference: one line of `films.jsonl`. */
export interface ReportFilmLine {
  readonly schema: typeof REPORT_FILM_SCHEMA;
  readonly id: string;
  readonly image: string;
  readonly patient: string | null;
  readonly view: string | null;
  readonly text: string;
  readonly report: string | null;
}

/** How {@link evaluateReports} measures. */
export interface EvaluateReportsOptions extends StudyChoice, EvaluationOptions, AbortOptions {
  /** Gets `evaluation.json`, `films.jsonl`, `chexbert-input.csv` and `index.html`. */
  readonly out: string;
  /** What the system is called. @defaultValue the name of the file */
  readonly name?: string | undefined;
  /** A CSV file with CheXbert's labels of the texts in `chexbert-input.csv`. @defaultValue none */
  readonly chexbert?: string | undefined;
  /** METEOR's own table, `paraphrase-en.gz`. @defaultValue none: exact, stem and synonym */
  readonly meteorParaphrases?: string | undefined;
  readonly onProgress?: EvaluationListener | undefined;
}

/** Texts by id of the study. */
async function readReports(file: string): Promise<Map<string, string>> {
  const problems = createProblemList();
  const texts = new Map<string, string>();
  for (const [index, line] of (await readInputText(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const subject = `${file}: line ${index + 1}`;
    const fields = parseObject(line);
    const { id, text } = fields ?? {};
    if (typeof id !== 'string' || typeof text !== 'string')
      problems.add(subject, 'expected {"id": "...", "text": "..."}, got something else; correct the line.');
    else if (texts.has(id))
      problems.add(subject, 'expected an id of its own, got one that came before; remove one.');
    else texts.set(id, text);
  }
  problems.check();
  return texts;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Reports of the studies that have one, and what has no partner. */
interface PairedReports {
  readonly films: readonly ReportFilmLine[];
  readonly notes: readonly string[];
}

function pairReports(texts: ReadonlyMap<string, string>, studies: readonly RegionStudy[]): PairedReports {
  const films = studies.flatMap(({ id, image, patient, view, report }): ReportFilmLine[] => {
    const text = texts.get(id);
    return text === undefined ? [] : [{ schema: REPORT_FILM_SCHEMA, id, image, patient, view, text, report }];
  });
  const missing = studies.length - films.length;
  const strangers = texts.size - films.length;
  const notes = [
    ...(missing > 0
      ? [`${missing} of ${studies.length} studies have no line in the reports; they enter no score.`]
      : []),
    ...(strangers > 0 ? [`${strangers} reports are of no study of this split; they are left out.`] : []),
  ];
  return { films, notes };
}

async function scoreReports(films: readonly ReportFilmLine[], options: EvaluateReportsOptions) {
  const { out, numResamples, level, seed, signal, onProgress } = options;
  onProgress?.({ type: 'scoring-start' });
  await writeChexbertInput(out, films);
  const chexbert =
    options.chexbert === undefined ? undefined : await readChexbertLabels(options.chexbert, films);
  const meteor = await loadMeteorStatistics(await meteorOptions(options.meteorParaphrases, options), options);
  const reports = films.map((film) => ({ ...film, patient: patientOf(film) }));
  return evaluateReportFilms(reports, { numResamples, level, seed, signal, meteor, chexbert });
}

/**
 * Scores reports of any system, one JSON line `{"id": ..., "text": ...}` a film, against the references of region studies: the same figures
 * of reports as `evaluateRrg`. An empty text is a film without a report. Studies without a line are counted and left out.
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateReports('reports.jsonl', { studies: 'studies.jsonl', out: 'results/baseline' });
 * console.log(evaluation.reports.written?.scores.bleu4);
 * ```
 * @throws {InputErrors | DataError} for files that cannot be read, ids that no study has, or no reference at all
 * @throws {ConfigError} for a folder of another evaluation
 * @throws {OutputError}; `signal.reason` on abort
 */
export async function evaluateReports(
  file: string,
  options: EvaluateReportsOptions & { /** File of region studies. */ readonly studies: string },
): Promise<{ readonly evaluation: ReportsEvaluation; readonly films: readonly ReportFilmLine[] }> {
  const { studies: studiesFile, out, signal, name = path.basename(file) } = options;
  const { split = 'test', firstRows = null } = options;
  const studies = await readChosenStudies(studiesFile, options);
  const { films, notes } = pairReports(await readReports(file), studies);
  if (films.length === 0)
    throw new DataError(
      `${file}: expected reports of the studies in ${studiesFile}, got none of theirs; check "id".`,
    );
  if (!films.some(({ report }) => report !== null && report.trim() !== ''))
    throw new DataError(
      `${studiesFile}: expected reference reports ("report"), got none; there is nothing to compare with.`,
    );
  const hashes = { reports: await sha256OfFile(file), studies: await sha256OfFile(studiesFile) };
  await writingTo(out, () => mkdir(out, { recursive: true }));
  await takeRun(out, { command: 'reports', ...hashes });
  const lines = path.join(out, 'films.jsonl');
  const text = films.map((film) => `${JSON.stringify(film)}\n`).join('');
  await writingTo(lines, () => writeFileAtomically(lines, text));
  const reports = await scoreReports(films, options);
  const evaluation: ReportsEvaluation = {
    schema: 'crrg/evaluation/reports/1',
    system: { name, sha256: hashes.reports },
    studies: {
      file: path.basename(studiesFile),
      sha256: hashes.studies,
      ...{ split, firstRows },
      numStudies: studies.length,
      numFailed: studies.length - films.length,
    },
    intervals: intervalSettings(options),
    counts: { films: films.length, patients: new Set(films.map(patientOf)).size },
    reports: reports!,
    notes,
    intendedUse: INTENDED_USE,
  };
  const page = { name, title: `${name} on ${path.basename(studiesFile)}` };
  await writeResults(out, evaluation, { page, signal });
  return { evaluation, films };
}
