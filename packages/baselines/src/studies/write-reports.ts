import path from 'node:path';
import { writeAtomically, writeFully } from '@crrg/core/node';

/** A line of `reports.jsonl`: what is said of a film. */
export interface WrittenReport {
  /** Of the region study. */
  readonly id: string;
  /** As the file of studies has it. */
  readonly image: string;
  readonly text: string;
}

/** Writes `reports.jsonl` into a folder, whole or not at all, and gives its path. */
export async function writeReports(
  folder: string,
  reports: Iterable<WrittenReport> | AsyncIterable<WrittenReport>,
): Promise<string> {
  const target = path.join(folder, 'reports.jsonl');
  await writeAtomically(target, async (handle) => {
    for await (const { id, image, text } of reports)
      await writeFully(handle, Buffer.from(`${JSON.stringify({ id, image, text })}\n`));
  });
  return target;
}
