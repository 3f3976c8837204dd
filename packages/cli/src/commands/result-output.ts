import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { INTENDED_USE } from '@crrg/core';
import type { TextSink } from '../io.js';

/** Takes results as they are finished. */
export interface ResultOutput<T> {
  add(result: T): Promise<void> | void;
  /** After the last result, also where the work was stopped. */
  end(): void;
}

/** How results are given out. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly jsonl?: string;
}

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

function jsonOutput(stdout: TextSink, isSingle: boolean): ResultOutput<unknown> {
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
  const write =
    file === '-' ? (line: string) => void stdout.write(line) : (line: string) => appendFile(file, line);
  if (file !== '-') {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(file, '');
  }
  return { add: (result) => write(`${JSON.stringify(result)}\n`), end: () => undefined };
}

/** Text for people, one JSON document, or a file of JSON lines that is replaced now and grows with every result. */
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
