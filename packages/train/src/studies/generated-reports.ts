import { readFile, appendFile, mkdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { createProblemList, type ProgressListener } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import { createReportPipeline, type NodePipelineOptions } from '@crrg/pipeline/node';
import type { Films } from './films.js';

/** Report texts by SHA-256 of the film; empty where the report says nothing. */
export type ReportTexts = Map<string, string>;

interface ReportLine {
  readonly schema?: unknown;
  readonly input?: { readonly sha256?: unknown };
  readonly text?: unknown;
}

function parseLine(line: string): readonly [sha256: string, text: string] | undefined {
  try {
    const { schema, input, text } = JSON.parse(line) as ReportLine;
    const sha256 = input?.sha256;
    if (schema !== 'crrg/report/1' || typeof sha256 !== 'string' || typeof text !== 'string')
      return undefined;
    return [sha256, text];
  } catch {
    return undefined;
  }
}

/**
 * The reports of a file that `crrg report --jsonl` wrote.
 * @throws {InputErrors} that name every line that is no report
 */
export async function readReportTexts(file: string): Promise<ReportTexts> {
  const problems = createProblemList();
  const texts: ReportTexts = new Map();
  for (const [index, line] of (await readInputText(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const report = parseLine(line);
    if (report) texts.set(...report);
    else
      problems.add(
        `${file}: line ${index + 1}`,
        'expected a report of schema crrg/report/1, got something else; write it with crrg report --jsonl.',
      );
  }
  problems.check();
  return texts;
}

/** Cuts off a last line that a stopped run left without its end. */
async function dropUnfinishedLine(file: string): Promise<void> {
  const end = (await readFile(file)).lastIndexOf('\n') + 1;
  await truncate(file, end);
}

async function readEarlierTexts(file: string): Promise<ReportTexts> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) return new Map();
  await dropUnfinishedLine(file);
  return readReportTexts(file);
}

/** What {@link writeReportTexts} needs: which report model and engine write, and more. */
export interface WriteReportsOptions extends Pick<
  NodePipelineOptions,
  'model' | 'backend' | 'threads' | 'signal' | 'onWarning'
> {
  readonly films: Films;
  /** Called before each report with its number from 1 and how many are written. */
  readonly onReport?: ((number: number, total: number) => void) | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/**
 * Writes the report of each film to a file of JSON lines, as each is finished; films that have one there are passed over. The report model
 * is loaded where there is something to write.
 */
export async function writeReportTexts(
  file: string,
  images: readonly string[],
  { films, onReport, ...options }: WriteReportsOptions,
): Promise<ReportTexts> {
  const { signal, onProgress } = options;
  await mkdir(path.dirname(file), { recursive: true });
  const texts = await readEarlierTexts(file);
  const left = [...new Set(images)].filter((image) => !texts.has(films.sha256Of(image)));
  if (left.length === 0) return texts;
  const pipeline = await createReportPipeline(options);
  try {
    for (const [index, image] of left.entries()) {
      signal?.throwIfAborted();
      onReport?.(index + 1, left.length);
      const report = await pipeline.generateReport(image, { signal, onProgress });
      await appendFile(file, `${JSON.stringify(report)}\n`);
      texts.set(report.input.sha256, report.text);
    }
  } finally {
    pipeline.dispose();
  }
  return texts;
}
