import { describe, expect, it } from 'vitest';
import { answerOf } from './node-app.js';
import type { Outcome, Visit } from './outcome.js';
import { choosePairs } from './pairs.js';
import { renderPage, renderTable } from './table.js';

const visitOf = (text: string, x1 = 1): Visit => ({
  open: { ms: 123.4, block: 56.7 },
  films: [100, 90].map((ms) => ({
    ms,
    block: ms / 2,
    reading: { text, regions: [{ name: 'spine', status: 'detected', box: { x1, y1: 1, x2: 9, y2: 9 } }] },
  })),
  backend: 'onnxruntime-node/cpu',
});
const pairs = choosePairs({ all: false, hasTfjsNode: false, hardware: false });
const pairOf = (app: string, engine: string) =>
  pairs.find((pair) => pair.app.name === app && pair.engine === engine)!;
const reference = visitOf('Clear.');
/** The cells of the row of one outcome. */
const cells = (outcome: Outcome) =>
  renderTable([outcome], reference)
    .split('\n')[2]!
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
const refusal = (code: string | null, message: string) => ({
  error: { name: 'BackendError', code, message, at: 'opening' as const },
});

describe('the table', () => {
  it('tells times and blocks in whole milliseconds, the longer block of the films, and no bytes in Node', () => {
    expect(cells({ pair: pairs[0], answer: { visit: reference } })).toEqual([
      ...['Node', '`onnx`', 'yes', 'yes', '123', '100', '90', '–', '–', '57', '50'],
      '`onnxruntime-node/cpu`',
    ]);
  });

  it('tells bytes of both visits in megabytes, marks a software adapter, and says how far boxes lie apart', () => {
    const pair = pairOf('page, Vite', 'tfjs-webgl');
    const row = cells({ pair, answer: { visit: visitOf('Clear.', 1.0625) }, bytes: [12_345_678, 900_000] });
    expect(row.slice(1, 4)).toEqual(['`tfjs-webgl` †', 'yes', 'yes, boxes within 0.063 px']);
    expect(row.slice(7, 9)).toEqual(['12.35', '0.90']);
    const again = cells({ pair, answer: { visit: reference }, bytes: [1e7, 9999] });
    expect(again.slice(7, 9)).toEqual(['10.00', '< 0.01']);
  });

  it('says what is wrong', () => {
    const row = cells({ pair: pairOf('Node', 'tfjs-cpu'), answer: { visit: visitOf('Dense.') } });
    expect(row.slice(2, 4)).toEqual(['yes', '**no**: film 1: another text']);
  });

  it('names an expected refusal by code and reason', () => {
    const row = cells({ pair: pairOf('Node', 'onnx-cuda'), answer: refusal('BACKEND', 'none') });
    expect(row.slice(2, 5)).toEqual([
      'refused, `BACKEND`: needs the CUDA provider and an NVIDIA GPU',
      '–',
      '–',
    ]);
  });

  it('says what stopped an app, on one line of one cell', () => {
    const row = cells({ pair: pairs[0], answer: refusal(null, 'a|b\nstack') });
    expect(row[2]).toBe('**no**, `BackendError`: BackendError: a\\|b');
    expect(row).toHaveLength(12);
  });

  it('stands in a page between what it was made on and how to read it', () => {
    const page = renderPage('| a |', ['a processor']);
    expect(page.indexOf('- a processor')).toBeLessThan(page.indexOf('| a |'));
    expect(page.indexOf('| a |')).toBeLessThan(page.indexOf('- **Block**'));
  });
});

describe('what a program says', () => {
  it('is its last line', () => {
    const { visit } = answerOf({ code: 0, out: `hello\n${JSON.stringify({ visit: reference })}\n`, err: '' });
    expect(visit).toEqual(reference);
  });

  it.each([
    [{ code: 3, out: '', err: 'first\nlast\n' }, 'the program ended with 3: last'],
    [{ code: 0, out: 'hello\n', err: '' }, 'the program said nothing that can be read'],
  ])('is an error where it ends badly or is silent', (ended, message) => {
    expect(answerOf(ended).error!.message).toBe(message);
  });
});
