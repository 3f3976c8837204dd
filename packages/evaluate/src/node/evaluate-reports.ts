import path from 'node:path';
import { createProblemList, DataError, INTENDED_USE, type AbortOptions } from '@crrg/core';
import { readInputText, writeFileAtomically, writingTo } from '@crrg/core/node';
import type { ReportsEvaluation } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';
import { loadMeteorStatistics } from '../meteor-statistics.js';
import { evaluateReportFilms } from '../reports/evaluate-report-films.js';
import { patientOf } from '../rrg/film.js';
import type { RrgFilmsOptions } from '../rrg/evaluate-rrg-films.js';
import { readChexbertLabels, writeChexbertInput } from './chexbert.js';
import type { EvaluationListener } from './events.js';
import { readChosenStudies, sha256OfFile, type StudyChoice } from './region-studies.js';
import { intervalSettings, writeEvaluation } from './write-evaluation.js';
import { writeResultsPage } from './write-results-page.js';

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
  readonly meteor?: RrgFilmsOptions['meteor'];
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
 * @throws {OutputError}; `signal.reason` on abort
 */
export async function evaluateReports(
  file: string,
  options: EvaluateReportsOptions & { /** File of region studies. */ readonly studies: string },
): Promise<{ readonly evaluation: ReportsEvaluation; readonly films: readonly ReportFilmLine[] }> {
  const { studies: studiesFile, out, signal, onProgress } = options;
  const studies = await readChosenStudies(studiesFile, options);
  const texts = await readReports(file);
  const known = new Set(studies.map(({ id }) => id));
  const strangers = [...texts.keys()].filter((id) => !known.has(id)).length;
  const films = studies.flatMap(({ id, image, patient, view, report }): ReportFilmLine[] => {
    const text = texts.get(id);
    return text === undefined ? [] : [{ schema: REPORT_FILM_SCHEMA, id, image, patient, view, text, report }];
  });
  if (films.length === 0)
    throw new DataError(
      `${file}: expected reports of the studies in ${studiesFile}, got none of theirs; check "id".`,
    );
  onProgress?.({ type: 'scoring-start' });
  const lines = path.join(out, 'films.jsonl');
  await writingTo(lines, () =>
    writeFileAtomically(lines, films.map((film) => `${JSON.stringify(film)}\n`).join('')),
  );
  await writeChexbertInput(out, films);
  const chexbert =
    options.chexbert === undefined ? undefined : await readChexbertLabels(options.chexbert, films);
  const { numResamples, level, seed } = options;
  const meteor = await loadMeteorStatistics(options.meteor, { signal });
  const patients = films.map((film) => ({ ...film, patient: patientOf(film) }));
  const reports = await evaluateReportFilms(patients, {
    numResamples,
    level,
    seed,
    signal,
    meteor,
    chexbert,
  });
  if (!reports)
    throw new DataError(
      `${studiesFile}: expected reference reports ("report"), got none; there is nothing to compare with.`,
    );
  const { split = 'test', firstRows = null } = options;
  const missing = studies.length - films.length;
  const notes = [
    ...(missing > 0
      ? [`${missing} of ${studies.length} studies have no line in the reports; they enter no score.`]
      : []),
    ...(strangers > 0 ? [`${strangers} reports are of no study of this split; they are left out.`] : []),
  ];
  const evaluation: ReportsEvaluation = {
    schema: 'crrg/evaluation/reports/1',
    system: { name: options.name ?? path.basename(file), sha256: await sha256OfFile(file) },
    studies: {
      file: path.basename(studiesFile),
      sha256: await sha256OfFile(studiesFile),
      ...{ split, firstRows },
      numStudies: studies.length,
      numFailed: missing,
    },
    intervals: intervalSettings(options),
    counts: { films: films.length, patients: new Set(patients.map(({ patient }) => patient)).size },
    reports,
    notes,
    intendedUse: INTENDED_USE,
  };
  await writeEvaluation(out, evaluation);
  const { name } = evaluation.system;
  await writeResultsPage(out, [{ folder: out, name }], {
    title: `${name} on ${path.basename(studiesFile)}`,
    signal,
  });
  return { evaluation, films };
}
