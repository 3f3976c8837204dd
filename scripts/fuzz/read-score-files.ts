import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputErrors } from '@crrg/core';
import { FindingError } from './outcome.js';

/** Of files of a megabyte at most. */
export const TEXT_LIMITS = { seconds: 10, megabytes: 512 } as const;

/** A file with these bytes, in the folder that the parent removes; the next one of the same name replaces it. */
export async function temporaryFile(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(process.env['CRRG_FUZZ_FOLDER']!, name);
  await writeFile(file, bytes);
  return file;
}

/** The first line of the stack of an error that is none of ours; those of bad lines are made where they are printed. */
const FOREIGN =
  /^(?:caused by )?((?:Type|Range|Reference|Syntax|Eval|URI|)Error\b.*)\n(?! {4}at withInputErrors)/m;

/**
 * Runs `crrg score` on files.
 * @throws {InputErrors} where it refuses them, {@link FindingError} where an error is none of ours
 */
export async function score(...args: readonly string[]): Promise<void> {
  const { runCli } = await import('@crrg/cli');
  let printed = '';
  const stderr = { write: (text: string) => void (printed += text) };
  const io = { stdout: { write: () => undefined }, stderr, env: { CRRG_DEBUG: '1' } };
  const code = await runCli(
    ['score', ...args, '--metrics', 'bleu,rougeL', '--quiet', '--resamples', '2'],
    io,
  );
  const foreign = FOREIGN.exec(printed);
  if (foreign) throw new FindingError(printed.slice(Math.max(0, foreign.index - 500), foreign.index + 2000));
  if (code !== 0) throw new InputErrors([{ subject: 'score', message: printed.split('\n', 1)[0]! }]);
}
