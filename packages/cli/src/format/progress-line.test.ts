import { describe, expect, it } from 'vitest';
import { createProgressLine } from './progress-line.js';

/** What a terminal of a width gets. */
function shownOn(columns: number | undefined, isTTY = true, isForced = false): string {
  let out = '';
  const sink = { write: (text: string) => (out += text), isTTY, columns };
  createProgressLine(sink, { isForced }).show('twelve chars', false);
  return out;
}

describe('a progress line', () => {
  it('fits the terminal, and is whole where its width is not known', () => {
    expect(shownOn(80)).toBe('\rtwelve chars');
    expect(shownOn(8)).toBe('\rtwelve ');
    expect(shownOn(0)).toBe('\rtwelve chars');
    expect(shownOn(undefined)).toBe('\rtwelve chars');
  });

  it('is on a terminal only, unless it is asked for', () => {
    expect(shownOn(80, false)).toBe('');
    expect(shownOn(80, false, true)).toBe('twelve chars\n');
  });
});
