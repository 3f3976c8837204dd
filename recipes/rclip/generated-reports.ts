import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';

/**
 * Reports by file name, from the JSON lines of `crrg report FOLDER --jsonl`: what the report model wrote of each film. Films without a
 * described region have none.
 * @throws {DataError} for a line that is no report
 */
export async function readGeneratedReports(file: string): Promise<Map<string, string>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const reports = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const report = JSON.parse(line) as { schema?: string; input?: { file?: string }; text?: string };
    if (report.schema !== 'crrg/report/1' || !report.input?.file)
      throw new DataError(
        `recipes.readGeneratedReports: expected a report on line ${index + 1} of ${path.basename(file)}, got ${line.slice(0, 60)}; write it with crrg report --jsonl.`,
      );
    if (report.text) reports.set(report.input.file, report.text);
  }
  return reports;
}
