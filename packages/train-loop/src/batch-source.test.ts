import { describe, expect, it } from 'vitest';
import { upcoming } from './batch-source.js';

async function readAll<T>(sources: AsyncIterable<() => Promise<T>>): Promise<T[]> {
  const read: T[] = [];
  for await (const source of sources) read.push(await source());
  return read;
}

describe('upcoming batches', () => {
  it('are given in order, as values or made by functions, without those to skip', async () => {
    const made: number[] = [];
    const make = (value: number) => () => (made.push(value), value);
    expect(await readAll(upcoming([make(1), make(2), 3, make(4)], 1))).toEqual([2, 3, 4]);
    expect(made).toEqual([2, 4]);
    expect(await readAll(upcoming([1], 0))).toEqual([1]);
    expect(await readAll(upcoming([], 0))).toEqual([]);
  });

  it('are made while the one before is used: none waits for the next', { timeout: 5000 }, async () => {
    let finish: (value: number) => void = () => undefined;
    const second = new Promise<number>((resolve) => (finish = resolve));
    const read: number[] = [];
    for await (const source of upcoming([1, () => second], 0)) {
      read.push(await source());
      finish(2);
    }
    expect(read).toEqual([1, 2]);
  });

  it('fail where they are used, not before', async () => {
    const broken = () => Promise.reject(new Error('torn file'));
    const read: number[] = [];
    const reading = async () => {
      for await (const source of upcoming<number>([1, broken], 0)) read.push(await source());
    };
    await expect(reading()).rejects.toThrow('torn file');
    expect(read).toEqual([1]);
  });
});
