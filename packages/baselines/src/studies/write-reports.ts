import path from 'node:path';
import { writeAtomically, writeFully } from '@crrg/core/node';
import { refuseForeignFile } from './own-file.js';

/** A line of `reports.jsonl`: what is said of a film. */
export interface WrittenReport {
  /** Of the region study. */
  readonly id: string;
  /** As the file of studies has it. */
  readonly image: string;
  readonly text: string;
}

const isReportLine = (line: string) => /^\{"id":".*","image":".*","text":"/.test(line);

const reportsFile = (folder: string) => path.join(folder, 'reports.jsonl');

/**
 * Asks, before work begins, whether reports may be written into a folder.
 * @throws {ConfigError} where a `reports.jsonl` of another origin is there
 */
export const requireReportsFile = (folder: string): Promise<void> =>
  refuseForeignFile(reportsFile(folder), 'reports of a baseline', isReportLine);

/**
 * Writes `reports.jsonl` into a folder, whole or not at all, and gives its path.
 * @throws {ConfigError} where a file of another origin has the name
 */
export async function writeReports(
  folder: string,
  reports: Iterable<WrittenReport> | AsyncIterable<WrittenReport>,
): Promise<string> {
  const target = reportsFile(folder);
  await requireReportsFile(folder);
  await writeAtomically(target, async (handle) => {
    for await (const { id, image, text } of reports)
      await writeFully(handle, Buffer.from(`${JSON.stringify({ id, image, text })}\n`));
  });
  return target;
}
