import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dicomFile, filmElements, MEDIA_DIRECTORY } from './__fixtures__/dicom-film.js';
import { listFilms, filmNames, planOverlays, sayLeftOut } from './files.js';
import { createClaims } from './output/claims.js';

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

  it('are DICOM files of any name too, but no index of a disk and no hidden file', async () => {
    const film = dicomFile(filmElements({ width: 2, height: 2, data: [0, 1, 2, 3] }));
    const index = dicomFile([], { sopClass: MEDIA_DIRECTORY });
    const dicom = [
      '1.2.840.1.21',
      '1.2.840.1.22',
      'IM000001',
      'b.DCM',
      'c.dicom',
      'd.dic',
      'e.other',
      'scan.txt',
    ];
    await mkdir(at('disk'));
    for (const name of [...dicom, '.hidden']) await writeFile(at('disk', name), film);
    for (const name of ['DICOMDIR', 'index.dcm']) await writeFile(at('disk', name), index);
    for (const name of ['a.dcm', 'notes', 'picture.png']) await writeFile(at('disk', name), 'no DICOM');
    await symlink(at('films'), at('disk', 'link'));
    const inDisk = (names: readonly string[]) => names.map((name) => at('disk', name)).sort();
    const films = await listFilms([at('disk')]);
    expect(films.paths).toEqual(inDisk([...dicom, 'a.dcm', 'picture.png']));
    expect(films.leftOut).toEqual([{ folder: at('disk'), files: 4, folders: 0 }]);
    expect((await listFilms([at('disk')], 'dicom')).paths).toEqual(inDisk([...dicom, 'a.dcm']));
    await expect(listFilms([at('one')], 'dicom')).rejects.toThrow(
      'one: has no DICOM file, only 1 other file; name',
    );
    const plan = await planOverlays(at('overlays/'), films, await createClaims(films.paths));
    expect([...plan.values()].map((file) => path.basename(file))).toEqual([
      '1.2.840.1.21.svg',
      '1.2.840.1.22.svg',
      'IM000001.svg',
      'a.svg',
      'b.svg',
      'c.svg',
      'd.svg',
      'e.svg',
      'picture.svg',
      'scan.svg',
    ]);
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
