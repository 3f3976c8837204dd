import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFilms, filmNames, sayLeftOut } from './files.js';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-files-'));
  for (const name of ['films/scan.png', 'films/older', 'one']) await mkdir(at(name), { recursive: true });
  for (const name of ['films/b.png', 'films/a.JPG', 'films/.hidden.png', 'films/notes.txt', 'one/b.png'])
    await writeFile(at(name), '');
});
afterAll(() => rm(folder, { recursive: true }));

describe('the films of folders', () => {
  it('are its files alone, by name: a folder that is called like a picture is a subfolder', async () => {
    const films = await listFilms([at('films')]);
    expect(films.paths).toEqual([at('films/a.JPG'), at('films/b.png')]);
    expect(films.leftOut).toEqual([{ folder: at('films'), files: 1, folders: 2 }]);
    expect(films.isSingle).toBe(false);
    let said = '';
    sayLeftOut(films, { stderr: { write: (text: string) => (said += text) } } as never);
    expect(said).toBe(`crrg: ${at('films')}: left out 1 other file and 2 subfolders\n`);
  });

  it('are each read once, under the first of several names', async () => {
    const first = `${at('films')}/../films/b.png`;
    const { paths } = await listFilms([first, at('films'), at('films/b.png')]);
    expect(paths).toEqual([first, at('films/a.JPG')]);
  });

  it('are a list also where there is one, unlike a file that is named alone', async () => {
    expect((await listFilms([at('one')])).isSingle).toBe(false);
    expect((await listFilms([at('one/b.png')])).isSingle).toBe(true);
    expect((await listFilms([at('one/b.png'), at('films/b.png')])).isSingle).toBe(false);
  });

  it('go by their base names, or by their paths where two share one', async () => {
    const names = filmNames(await listFilms([at('films'), at('one')]));
    expect([...names.values()]).toEqual(['a.JPG', at('films/b.png'), at('one/b.png')]);
  });
});
