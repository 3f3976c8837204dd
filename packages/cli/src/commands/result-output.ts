import { INTENDED_USE } from '@crrg/core';
import type { TextSink } from '../io.js';
import { linesKind, type OutputClaims } from '../output/claims.js';
import { openLineFile } from '../output/line-file.js';

/** Takes results as they are finished. */
export interface ResultOutput<T> {
  add(result: T): Promise<void> | void;
  /** After the last result, also where the work was stopped. */
  end(): Promise<void> | void;
}

/** How results are given out. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly jsonl?: string;
}

/** Names of standard output as a file. */
const STDOUT_NAMES = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

/** Text for people, with the intended use at its end. `format` gets the number of results before this one. */
export function textOutput<T>(
  stdout: TextSink,
  format: (result: T, index: number) => string,
): ResultOutput<T> {
  let count = 0;
  return {
    add: (result) => void stdout.write(format(result, count++)),
    end: () => void (count > 0 && stdout.write(`\n${INTENDED_USE}\n`)),
  };
}

/** One JSON document on stdout: a result, or a list where not a single file was named. */
export function jsonOutput(stdout: TextSink, isSingle: boolean): ResultOutput<unknown> {
  if (isSingle)
    return {
      add: (result) => void stdout.write(`${JSON.stringify(result, undefined, 2)}\n`),
      end: () => undefined,
    };
  let count = 0;
  return {
    add: (result) => {
      stdout.write(`${count > 0 ? ',' : '['}\n${JSON.stringify(result, undefined, 2)}`);
      count += 1;
    },
    end: () => void stdout.write(count > 0 ? '\n]\n' : '[]\n'),
  };
}

async function linesOutput(file: string, stdout: TextSink): Promise<ResultOutput<unknown>> {
  if (STDOUT_NAMES.includes(file))
    return { add: (result) => void stdout.write(`${JSON.stringify(result)}\n`), end: () => undefined };
  const lines = await openLineFile(file);
  return { add: (result) => lines.add(`${JSON.stringify(result)}\n`), end: () => lines.end() };
}

/**
 * Sets the file of `--jsonl` apart. `what` is the middle of its schema, `crrg/WHAT/1`.
 * @throws {UsageError} where it is not ours to replace
 */
export async function claimResults(
  { jsonl }: OutputOptions,
  claims: OutputClaims,
  what: 'report' | 'classification',
): Promise<void> {
  if (jsonl === undefined || STDOUT_NAMES.includes(jsonl)) return;
  const kind = linesKind(`${what}s that crrg wrote`, `crrg/${what}/`);
  await claims.claim({ option: '--jsonl', file: jsonl, kind });
}

/** Text for people, one JSON document, or a file of JSON lines that grows with every result; the first one replaces what it held. */
export async function createResultOutput<T>(
  { json, jsonl }: OutputOptions,
  stdout: TextSink,
  settings: {
    /** A single picture was named: JSON is that result and no list. */
    readonly isSingle: boolean;
    readonly text: (result: T, index: number) => string;
  },
): Promise<ResultOutput<T>> {
  if (jsonl !== undefined) return linesOutput(jsonl, stdout);
  return json ? jsonOutput(stdout, settings.isSingle) : textOutput(stdout, settings.text);
}
