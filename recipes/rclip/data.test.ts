import { createRandom } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import { createWordPieceTokenizer, fixedViews, trainWordPieces } from '@crrg/rclip';
import { plainFilmInput } from '@crrg/train';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureBaselines } from './baselines.js';
import { kermanyPatient, readPneumoniaFilms, type PneumoniaFilm } from './pneumonia-films.js';
import { inputOptions, loadFilm, sampleSource } from './samples.js';
import { allImpressions, weakStudy } from './weak-reports.js';

const film = (isPneumonia: boolean, view: 'PA' | 'AP', patient = 'p'): PneumoniaFilm => ({
  file: `${patient}.png`,
  set: 'nih',
  patient,
  view,
  labels: [isPneumonia ? 'Pneumonia' : 'No Finding'],
  isPneumonia,
  split: 'train',
});

describe('the open films', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crrg-films-'));
    const names = Array.from({ length: 60 }, (_, id) => [
      `PNEUMONIA/person${id}_bacteria_${id * 3}.jpeg`,
      `PNEUMONIA/person${id}_virus_${id * 3 + 1}_1.jpeg`,
      `NORMAL/IM-${String(id).padStart(4, '0')}-0001.jpeg`,
      `NORMAL/NORMAL2-IM-${String(id).padStart(4, '0')}-0001-0002.jpeg`,
    ]).flat();
    for (const kind of ['NORMAL', 'PNEUMONIA'])
      await mkdir(path.join(folder, 'kermany', kind), { recursive: true });
    for (const name of names) await writeFile(path.join(folder, 'kermany', name), '');
    const rows = Array.from({ length: 100 }, (_, index) => ({
      file: `${index}.jpg`,
      patient: `${Math.floor(index / 2)}`,
      view: index % 3 ? 'PA' : 'AP',
      labels: index % 2 ? ['Pneumonia', 'Edema'] : ['No Finding'],
    }));
    await mkdir(path.join(folder, 'nih'));
    await writeFile(path.join(folder, 'nih/annotations.json'), JSON.stringify(rows));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are split by patient, in about the right shares', async () => {
    const films = await readPneumoniaFilms(folder);
    expect(films.length).toBe(340);
    const splits = new Map<string, Set<string>>();
    for (const { set, patient, split } of films)
      splits.set(`${set}/${patient}`, (splits.get(`${set}/${patient}`) ?? new Set()).add(split));
    expect(splits.size).toBe(170);
    for (const of of splits.values()) expect(of.size).toBe(1);
    expect(new Set(films.map(({ split }) => split)).size).toBe(3);
    expect(films.filter(({ isPneumonia }) => isPneumonia).length).toBe(170);
    expect(films.filter(({ labels }) => labels.includes('Viral')).length).toBe(60);
  });

  it('take one number for one person, whatever stands around it', () => {
    expect(kermanyPatient('person12_virus_47.jpeg')).toBe('person12');
    expect(kermanyPatient('person12_bacteria_3.jpeg')).toBe('person12');
    expect(kermanyPatient('NORMAL2-IM-0115-0001-0002.jpeg')).toBe('im115');
    expect(kermanyPatient('IM-0115-0001.jpeg')).toBe('im115');
    expect(() => kermanyPatient('readme.txt')).toThrow(
      /expected a name such as person1_virus_6.jpeg .*got readme.txt/,
    );
  });
});

describe('weak reports', () => {
  it('speak of pneumonia exactly where the label does', () => {
    for (let seed = 0; seed < 50; seed++) {
      const ill = weakStudy(film(true, 'PA'), createRandom(seed));
      const well = weakStudy(film(false, 'PA'), createRandom(seed));
      for (const text of [...ill.sections, ...ill.backTranslations!])
        expect(text).toMatch(/pneumonia|infection|opacity|consolidation|density/i);
      expect(ill.sections[1]).not.toMatch(/no evidence|normal/i);
      for (const text of well.backTranslations!) expect(text).not.toMatch(/suspicious|suggests?|probable/i);
    }
  });

  it('give two sections, each in two wordings, decided by the generator', () => {
    const draw = (seed: number) => weakStudy(film(true, 'AP'), createRandom(seed));
    expect(draw(3)).toEqual(draw(3));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => draw(seed).sections.join())).size).toBeGreaterThan(
      10,
    );
    const { images, texts } = fixedViews(draw(1));
    expect(images[0]).toBe(images[1]);
    expect(texts[0]).not.toBe(texts[1]);
  });
});

describe('baselines', () => {
  it('are learned from the training films and measured on the others', () => {
    const train = [
      film(true, 'AP'),
      film(true, 'AP'),
      film(false, 'AP'),
      film(true, 'PA'),
      film(false, 'PA'),
    ];
    const test = [
      film(true, 'AP', 'a'),
      film(true, 'PA', 'a'),
      film(false, 'PA', 'b'),
      film(false, 'AP', 'c'),
    ];
    // AP 2/3, PA 1/2: of the four pairs, one is won, one lost, two are ties.
    expect(measureBaselines(train, test)).toEqual({
      films: 4,
      patients: 3,
      prevalence: 0.5,
      majorityAccuracy: 0.5,
      viewAuc: 0.5,
    });
    expect(measureBaselines(train, [film(true, 'AP'), film(false, 'PA')]).viewAuc).toBe(1);
    expect(measureBaselines(train, [film(true, 'AP')]).viewAuc).toBeUndefined();
  });
});

describe('samples', () => {
  const size = 32;
  const tokenizer = createWordPieceTokenizer(
    trainWordPieces([...allImpressions(), 'the lung is clear'], { vocabSize: 400 }),
  );
  const options = { tokenizer, size, maxLength: 12, augment: true };

  it('are two changed views of a film with two wordings, and only depend on the generator', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'crrg-samples-'));
    try {
      const file = path.join(folder, 'film.png');
      const pixels = Uint8Array.from({ length: 120 * 90 }, (_, at) => (at * 7) % 251);
      await writeFile(file, encodePng(greyImage(120, 90, pixels)));
      const loaded = await loadFilm({ ...film(true, 'PA'), file }, size);
      expect([loaded.image.width, loaded.image.height]).toEqual([56, 42]);

      const source = sampleSource(loaded, options);
      const sample = await source(createRandom(1));
      expect(sample).toEqual(await source(createRandom(1)));
      expect(sample).not.toEqual(await source(createRandom(2)));
      expect(sample.images.map(({ length }) => length)).toEqual([3 * size * size, 3 * size * size]);
      expect(sample.images[0]).not.toEqual(sample.images[1]);
      for (const ids of sample.texts) expect(ids.length).toBeLessThanOrEqual(12);

      const plain = await sampleSource(loaded, { ...options, augment: false })(createRandom(1));
      const plainInput = plainFilmInput(loaded.image, inputOptions(size).preprocessing);
      expect(plain.images).toEqual([plainInput, plainInput]);

      const told = { ...loaded, report: ['No evidence of pneumonia.'] };
      const { texts } = await sampleSource(told, options)(createRandom(1));
      expect(texts[0]).toEqual(tokenizer.encode('No evidence of pneumonia.', { maxLength: 12 }).tokenIds);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
