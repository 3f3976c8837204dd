import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom, type Doubt } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStudyFilms } from '../__fixtures__/study-films.js';
import { readFilms } from './films.js';
import type { TrainingStudy } from './read-studies.js';

let folder: string;
let studies: TrainingStudy[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-films-'));
  studies = await writeStudyFilms(path.join(folder, 'films'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the films of studies', () => {
  it('are shrunk, and the same whether kept in memory or read again', async () => {
    const options = { size: 16, onFilm: () => undefined, onDoubts: () => undefined };
    const kept = await readFilms(studies, options);
    const read = await readFilms(studies, { ...options, memoryBytes: 0 });
    const file = studies[4]!.images[0]!;
    const image = await kept.load(file);
    expect([image.width, image.height]).toEqual([25, 21]);
    expect(await kept.load(file)).toBe(image);
    expect(await read.load(file)).toEqual(image);
    expect(read.sha256Of(file)).toBe(kept.sha256Of(file));
  });

  it('are named by the line of the study where they are in doubt, or refused', async () => {
    const [first, second] = [studies[1]!, studies[3]!];
    const dark = path.join(folder, 'dark.png');
    const random = createRandom(1);
    const values = Uint16Array.from({ length: 60 * 50 }, () => random.integer(256));
    await writeFile(dark, encodePng(greyImage(60, 50, values)));
    const mixed = [first, { ...second, images: [...second.images, dark] }];
    const heard: [string, string[]][] = [];
    const options = {
      size: 16,
      onFilm: () => undefined,
      onDoubts: (subject: string, doubts: readonly Doubt[]) =>
        void heard.push([subject, doubts.map(({ code }) => code)]),
    };
    const films = await readFilms(mixed, options);
    expect(heard.filter(([, codes]) => codes.includes('bits-unused'))).toEqual([
      [second.subject, expect.arrayContaining(['bits-unused'])],
    ]);
    expect(films.sha256Of(dark)).toMatch(/^[0-9a-f]{64}$/);
    const strict = readFilms([{ ...second, images: [dark] }], { ...options, strict: true });
    await expect(strict).rejects.toMatchObject({
      problems: expect.arrayContaining([
        { subject: second.subject, message: expect.stringMatching(/^doubt bits-unused: /) as string },
      ]) as unknown,
    });
  });

  it('that cannot be used are named together', async () => {
    const [first, second] = studies as [TrainingStudy, TrainingStudy];
    const broken = path.join(folder, 'broken.png');
    await writeFile(broken, 'not a picture');
    const wrong = [
      { ...first, images: [broken] },
      { ...second, images: [path.join(folder, 'nothing.png')] },
    ];
    const reading = readFilms(wrong, { size: 16, onFilm: () => undefined, onDoubts: () => undefined });
    await expect(reading).rejects.toMatchObject({
      problems: [{ subject: first.subject }, { subject: second.subject }],
    });
  });
});
