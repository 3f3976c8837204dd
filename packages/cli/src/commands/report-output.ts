import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Report } from '@crrg/pipeline';
import { INTENDED_USE } from '@crrg/core';
import { formatReport } from '../format/report-text.js';
import type { TextSink } from '../io.js';

/** Takes reports as they are finished. */
export interface ReportOutput {
  add(report: Report): Promise<void> | void;
  /** After the last report, also where the work was stopped. */
  end(): void;
}

/** How reports are given out. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly jsonl?: string;
}

function textOutput(stdout: TextSink): ReportOutput {
  let count = 0;
  return {
    add: (report) => {
      stdout.write(`${count > 0 ? '\n' : ''}${formatReport(report, stdout.columns ?? 100)}`);
      count += 1;
    },
    end: () => void (count > 0 && stdout.write(`\n${INTENDED_USE}\n`)),
  };
}

function jsonOutput(stdout: TextSink, isSingle: boolean): ReportOutput {
  if (isSingle)
    return {
      add: (report) => void stdout.write(`${JSON.stringify(report, undefined, 2)}\n`),
      end: () => undefined,
    };
  let count = 0;
  return {
    add: (report) => {
      stdout.write(`${count > 0 ? ',' : '['}\n${JSON.stringify(report, undefined, 2)}`);
      count += 1;
    },
    end: () => void stdout.write(count > 0 ? '\n]\n' : '[]\n'),
  };
}

async function linesOutput(file: string, stdout: TextSink): Promise<ReportOutput> {
  const write =
    file === '-' ? (line: string) => void stdout.write(line) : (line: string) => appendFile(file, line);
  if (file !== '-') {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(file, '');
  }
  return { add: (report) => write(`${JSON.stringify(report)}\n`), end: () => undefined };
}

/** Text for people, one JSON document, or a file of JSON lines that is replaced now and grows with every report. */
export async function createReportOutput(
  { json, jsonl }: OutputOptions,
  stdout: TextSink,
  isSingle: boolean,
): Promise<ReportOutput> {
  if (jsonl !== undefined) return linesOutput(jsonl, stdout);
  return json ? jsonOutput(stdout, isSingle) : textOutput(stdout);
}
