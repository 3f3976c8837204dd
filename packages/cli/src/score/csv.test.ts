import { createProblemList } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { rowsOfCsv } from './csv.js';

const TABLE = `label,score\n${'1,0.5\n'.repeat(20_000)}`;
const rows = (signal?: AbortSignal) =>
  rowsOfCsv('a.csv', TABLE, { knownFields: ['label'], isTsv: false, signal }, createProblemList());

describe('a long table', () => {
  it('is read whole', async () => {
    const all = await rows(new AbortController().signal);
    expect(all).toHaveLength(20_000);
    expect(all.at(-1)).toEqual({ subject: 'a.csv: line 20001', fields: { label: '1', score: '0.5' } });
  });

  it('may have a header of 200,000 cells', async () => {
    const read = (header: string, problems = createProblemList()) =>
      rowsOfCsv('a.csv', `${header}\n`, { knownFields: [], isTsv: false, signal: undefined }, problems);
    expect(await read(','.repeat(200_000))).toEqual([]);
    expect(await read(Array.from({ length: 200_000 }, (_, at) => `n${at}`).join())).toEqual([]);
    const problems = createProblemList();
    await read(`a,${','.repeat(200_000)}b,a`, problems);
    expect(() => problems.check()).toThrow(
      'a.csv: line 1: expected each column once, got "a" twice; rename or remove one.\na.csv: line 1: expected a name for column 2, got none; name it.',
    );
  }, 20_000);

  it('lets Ctrl+C in while it is read', async () => {
    const controller = new AbortController();
    const reading = rows(controller.signal);
    setImmediate(() => controller.abort(new Error('interrupted')));
    await expect(reading).rejects.toThrow('interrupted');
  });
});
