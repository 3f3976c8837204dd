import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyLines, writeFilms } from '../__fixtures__/training-studies.js';
import { readFilms } from './films.js';
import { readStudies, type TrainingStudy } from './studies.js';

let folder: string;
let studies: TrainingStudy[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-films-'));
  await writeFilms(folder);
  const file = path.join(folder, 'studies.jsonl');
  await writeFile(
    file,
    studyLines()
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  studies = await readStudies(file);
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
