import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFilmLog } from './film-log.js';

const SCHEMA = 'crrg/test/1';
const film = (id: string) => ({ schema: SCHEMA, id });
const line = (id: string) => `${JSON.stringify(film(id))}\n`;

let folder: string;
const file = () => path.join(folder, 'films.jsonl');
const open = () => openFilmLog<ReturnType<typeof film>>(folder, SCHEMA, { command: 'test' });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-film-log-'));
  const log = await open();
  for (const id of ['a', 'b']) await log.add(film(id));
  await log.close();
});
afterEach(() => rm(folder, { recursive: true }));

/** What a later run finds, and the file after it added a film. */
async function goOn(): Promise<{ done: string[]; text: string }> {
  const log = await open();
  await log.add(film('z'));
  await log.close();
  return { done: [...log.done.keys()], text: await readFile(file(), 'utf8') };
}

describe('the films of an evaluation', () => {
  it('are there for a later run, which adds to them', async () => {
    expect(await goOn()).toEqual({ done: ['a', 'b'], text: line('a') + line('b') + line('z') });
  });

  it('that were written but for the end of the line are read again', async () => {
    await writeFile(file(), line('a') + line('b').trimEnd());
    expect(await goOn()).toEqual({ done: ['a'], text: line('a') + line('z') });
  });

  it('end before a line that is no film, whatever comes after', async () => {
    await writeFile(file(), `${line('a')}{"schema": "another"}\n${line('b')}`);
    expect(await goOn()).toEqual({ done: ['a'], text: line('a') + line('z') });
  });

  it('belong to one run at a time', async () => {
    const log = await open();
    await expect(open()).rejects.toThrow(/a folder that no other run writes/);
    await log.close();
    const next = await open();
    expect(next.done.size).toBe(2);
    await next.close();
  });
});
