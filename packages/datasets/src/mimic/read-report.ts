import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { isMissing } from '../files/missing.js';
import { reportPath } from './paths.js';

/** Largest report that is read, in bytes; real ones have a few kilobytes. */
const MAXIMUM_BYTES = 1 << 22;

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAXIMUM_BYTES)
    throw new DataError(`${file}: expected at most ${MAXIMUM_BYTES} bytes, got ${bytes.length}.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${file}: expected UTF-8 text, got other bytes; download the report again.`, {
      cause,
    });
  }
}

/**
 * The text of a study's report; undefined where there is no file.
 * @param root folder of MIMIC-CXR
 * @throws {@link DataError} where it cannot be read
 */
export async function readMimicReport(
  root: string,
  subject: string,
  study: string,
): Promise<string | undefined> {
  const file = path.join(root, reportPath(subject, study));
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const { code } = error as NodeJS.ErrnoException;
    throw new DataError(`${file}: expected a report, got an error of the system (${String(code)}).`, {
      cause: error,
    });
  }
  return decode(bytes, file);
}
