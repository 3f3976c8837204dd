import { describe, expect, it } from 'vitest';
import { canCompare, compareVisits, isFault, judge } from './compare.js';
import type { Outcome, Reading, Visit } from './outcome.js';
import { choosePairs } from './pairs.js';

const box = (x1: number) => ({ x1, y1: 2, x2: 30, y2: 40 });
const reading = (text: string, x1 = 1, status = 'described'): Reading => ({
  text,
  regions: [
    { name: 'right lung', status, box: box(x1) },
    { name: 'spine', status: 'not-detected', box: null },
  ],
});
const visitOf = (...readings: Reading[]): Visit => ({
  open: { ms: 1, block: 1 },
  films: readings.map((each) => ({ ms: 1, block: 1, reading: each })),
  backend: 'onnxruntime-node',
});
const choice = { all: true, hasTfjsNode: false, hardware: false };
const pairs = choosePairs(choice);
const outcome = (engine: string, answer: Outcome['answer']): Outcome => ({
  pair: pairs.find((pair) => pair.engine === engine)!,
  answer,
});
const refusal = (code: string | null, at: 'opening' | 'reading' = 'opening') => ({
  error: { name: 'BackendError', code, at, message: 'onnx: expected a GPU, got none\n at x.js' },
});
const reference = visitOf(reading('Clear.'), reading('Dense.'));

describe('two visits', () => {
  it('are equal where boxes lie less than half a pixel apart, and the distance is told', () => {
    const { problem, boxes } = compareVisits(reference, visitOf(reading('Clear.', 1.25), reading('Dense.')));
    expect(problem).toBeUndefined();
    expect(boxes).toBe(0.25);
  });

  it.each([
    ['a text of the second film', visitOf(reading('Clear.'), reading('dense.')), 'film 2: another text'],
    ['a status', visitOf(reading('Clear.', 1, 'detected'), reading('Dense.')), 'film 1: other regions'],
    ['a box', visitOf(reading('Clear.'), reading('Dense.', 1.75)), 'film 2: boxes 0.75 px apart'],
    ['the number of films', visitOf(reading('Clear.')), '1 films of 2'],
  ])('differ by %s', (_, got, problem) => {
    expect(compareVisits(reference, got).problem).toBe(problem);
  });

  it('differ where one has a box that the other lacks', () => {
    const lacking = {
      ...reading('Clear.'),
      regions: reading('Clear.').regions.map((each) => ({ ...each, box: null })),
    };
    expect(compareVisits(reference, visitOf(lacking, reading('Dense.'))).problem).toBe(
      'film 1: boxes Infinity px apart',
    );
  });
});

describe('a reference', () => {
  it('has a text for each film, and not the same', () => {
    expect(canCompare(reference)).toBe(true);
    expect(canCompare(visitOf(reading('Clear.'), reading('')))).toBe(false);
    expect(canCompare(visitOf(reading('Clear.'), reading('Clear.')))).toBe(false);
  });
});

describe('an outcome', () => {
  it('works where it says what the reference says', () => {
    expect(judge(outcome('onnx', { visit: reference }), reference).verdict).toBe('works');
  });

  it('is a fault where it says something else', () => {
    const verdict = judge(
      outcome('onnx', { visit: visitOf(reading('Else.'), reading('Dense.')) }),
      reference,
    );
    expect(verdict).toMatchObject({ verdict: 'wrong', detail: 'film 1: another text' });
    expect(isFault(verdict)).toBe(true);
  });

  it('is no fault where an engine that may be missing is refused by its code', () => {
    const verdict = judge(outcome('onnx-cuda', refusal('BACKEND')), reference);
    expect(verdict).toMatchObject({
      verdict: 'refused',
      detail: 'needs the CUDA provider and an NVIDIA GPU',
    });
    expect(isFault(verdict)).toBe(false);
  });

  it.each([
    ['an engine that must be there is refused', 'onnx', 'BACKEND', 'opening'],
    ['one that may be missing ends with another code', 'onnx-cuda', 'CONFIG', 'opening'],
    ['one that may be missing ends without a code', 'onnx-cuda', null, 'opening'],
    ['one that may be missing opens and refuses the first film', 'onnx-cuda', 'BACKEND', 'reading'],
  ] as const)('is a fault where %s, with the first line of the message', (_, engine, code, at) => {
    const verdict = judge(outcome(engine, refusal(code, at)), reference);
    expect(verdict).toEqual({ verdict: 'failed', detail: 'BackendError: onnx: expected a GPU, got none' });
    expect(isFault(verdict)).toBe(true);
  });
});
