import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { float32 } from '@crrg/tensor';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readStepSeconds, stepsIn, totalSeconds } from './run-steps.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-steps-'));
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  return rm(folder, { recursive: true, force: true });
});

it('a step is made once, and its wall time is printed and kept', async () => {
  const step = stepsIn(folder);
  let made = 0;
  const make = (seconds: number) => async () => {
    made += 1;
    vi.setSystemTime(Date.now() + seconds * 1000);
    return Promise.resolve(new Map([['x', float32([1], [seconds])]]));
  };
  await step('1-first', make(70));
  await step('2-second', make(30));
  expect((await step('1-first', make(5))).get('x')!.data[0]).toBe(70);
  expect(made).toBe(2);
  expect(await readStepSeconds(folder)).toEqual({ '1-first': 70, '2-second': 30 });
  expect(totalSeconds(await readStepSeconds(folder))).toBe(100);
  expect(console.log).toHaveBeenCalledWith('== 2-second took 30 s, all steps so far 100 s');
});
