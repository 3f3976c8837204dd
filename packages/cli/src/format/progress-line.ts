import type { ProgressListener } from '@crrg/core';
import { widthOf, type TextSink } from '../io.js';
import { printable } from './text.js';

/** Tells a person what is going on, on one line that replaces itself. */
export interface ProgressLine {
  /** Put before what the listener hears: the file, and how many there are. */
  setSubject(subject: string): void;
  readonly onProgress: ProgressListener;
  /** Any other text; minor ones come often and are left out where there is no terminal. */
  show(text: string, isMinor: boolean): void;
  /** Removes the line, so that other text can be written. */
  clear(): void;
}

const MIN_INTERVAL_MS = 80;
const NOTHING: ProgressLine = {
  setSubject: () => undefined,
  onProgress: () => undefined,
  show: () => undefined,
  clear: () => undefined,
};

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/**
 * A progress line on a terminal, or plain lines, one a stage, where `isForced` and nobody watches; else silence.
 * Shows stages, tokens and bytes, never the content of a report.
 */
export function createProgressLine(
  sink: TextSink,
  { isQuiet = false, isForced = false }: { isQuiet?: boolean | undefined; isForced?: boolean | undefined },
): ProgressLine {
  if (isQuiet || !(isForced || sink.isTTY)) return NOTHING;
  let subject = '';
  let length = 0;
  let writtenAt = 0;
  const show = (text: string, isMinor: boolean) => {
    const line = subject ? `${subject}  ${text}` : text;
    if (!sink.isTTY) return isMinor ? undefined : void sink.write(`${line}\n`);
    if (isMinor && performance.now() - writtenAt < MIN_INTERVAL_MS) return;
    writtenAt = performance.now();
    const shown = line.slice(0, widthOf(sink) - 1);
    sink.write(`\r${shown.padEnd(length)}`);
    length = shown.length;
  };
  return {
    setSubject: (text) => (subject = printable(text)),
    show,
    onProgress: (event) => {
      if (event.type === 'stage-start') show(event.stage, false);
      else if (event.type === 'token') show(`word ${event.step}, ${event.activeSequences} sequences`, true);
      else if (event.type === 'weights-progress') {
        const total = event.total === undefined ? '' : ` of ${megabytes(event.total)}`;
        show(`${event.file}  ${megabytes(event.loaded)}${total} MB`, event.loaded !== event.total);
      }
    },
    clear: () => {
      if (length > 0) sink.write(`\r${' '.repeat(length)}\r`);
      length = 0;
    },
  };
}
