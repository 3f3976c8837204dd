import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS, createRandom } from '@crrg/core';
import {
  buildImagenomeStudies,
  findImagenomeRoots,
  readMimicRclipStudies,
  readRsnaStudies,
  type RclipStudy,
  type RegionStudy,
} from '@crrg/datasets/node';
import { decodeRadiograph } from '@crrg/image/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateMiniData } from './generate.js';
import { drawThorax, FILM_SIZE, regionOf, type Finding, type Patient } from './patient.js';
import { renderFilm } from './phantom.js';
import { drawStudies, type MiniStudy } from './studies.js';

const SEED = 5;
const SIZES = { mimic: { train: 4, validate: 1, test: 2 }, rsna: 8 };

let root: string;
let studies: MiniStudy[];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-mini-'));
  await generateMiniData(root, SEED, SIZES);
  studies = drawStudies(SEED, SIZES.mimic);
});
afterAll(() => rm(root, { recursive: true }));

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

/** Mean grey of the region that shows the finding, with it and in the same patient without it. */
function greyWithAndWithout(finding: Finding): [number, number] {
  const mean = (findings: readonly Finding[]) => {
    const patient: Patient = { subject: '1', findings, random: createRandom(1) };
    const thorax = drawThorax({ ...patient, findings: [] }, createRandom(2));
    const { pixels, boxes } = renderFilm(patient, thorax, createRandom(3));
    const { x1, y1, x2, y2 } = boxes[ANATOMICAL_REGIONS.indexOf(regionOf(finding))]!;
    let sum = 0;
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) sum += pixels[y * FILM_SIZE.width + x]!;
    return sum / ((x2 - x1) * (y2 - y1));
  };
  return [mean([finding]), mean([])];
}

describe('the made-up data sets', () => {
  it('are the same bytes for the same seed, and others for another', async () => {
    const [again, other] = [path.join(root, 'again'), path.join(root, 'other')];
    const sizes = { mimic: { train: 1, validate: 1, test: 1 }, rsna: 2 };
    await generateMiniData(again, SEED, sizes);
    await generateMiniData(other, SEED + 1, sizes);
    const report = 'mimic-cxr/files/p10/p10900001/s50900001.txt';
    const read = (folder: string) => readFile(path.join(folder, report), 'utf8');
    expect(await read(again)).toBe(await read(root));
    const rsna = 'rsna/stage_2_train_images';
    const [first] = (await readdir(path.join(again, rsna))).sort();
    expect(await readFile(path.join(again, rsna, first!))).toEqual(
      await readFile(path.join(root, rsna, first!)),
    );
    expect(await readFile(path.join(other, rsna, first!))).not.toEqual(
      await readFile(path.join(root, rsna, first!)),
    );
  });

  it('become the region studies that were drawn, but for the film on the list to avoid', async () => {
    const roots = await findImagenomeRoots(root);
    const outcomes = await collect(buildImagenomeStudies({ roots }));
    const skipped = outcomes.flatMap((outcome) => (outcome.kind === 'skipped' ? [outcome.reason] : []));
    const avoided = studies.filter(({ split }) => split === 'train').at(-1)!;
    expect(skipped).toEqual(avoided.films.map(() => 'image to avoid'));
    const built = outcomes.flatMap((outcome) => (outcome.kind === 'study' ? [outcome.study] : []));
    const drawn = studies
      .filter((study) => study !== avoided)
      .flatMap((study) => study.films.map((film) => ({ study, film })));
    expect(built.map(({ id }) => id)).toEqual(drawn.map(({ film }) => film.image));
    built.forEach((each: RegionStudy, index) => {
      const { study, film } = drawn[index]!;
      expect(each.regions.map(({ box }) => box)).toEqual(film.boxes);
      const said = each.regions.filter(({ text }) => text !== '').map(({ region }) => region);
      expect(new Set(said)).toEqual(new Set(study.sentences.flatMap(({ regions }) => regions)));
      const isSick = each.regions.some(({ abnormal }) => abnormal);
      expect(isSick).toBe(study.patient.findings.length > 0);
      if (each.split !== 'train') expect(each.report).toBe(study.sentences.map(({ text }) => text).join(' '));
    });
  });

  it('become pairs of films and reports with both sections', async () => {
    const { reports, pictures } = await findImagenomeRoots(root);
    const built: RclipStudy[] = await collect(
      readMimicRclipStudies({ reports, pictures }, { labeller: 'chexpert' }),
    );
    expect(built).toHaveLength(studies.length);
    for (const study of studies) {
      const pair = built.find(({ id }) => id === study.study)!;
      expect(pair.images).toHaveLength(study.films.length);
      expect(pair.sections?.[0]).toBe(study.sentences.map(({ text }) => text).join(' '));
      expect(pair.labels?.['Pneumonia']).toBe(
        study.patient.findings.some(({ kind }) => kind === 'opacity') ? 1 : 0,
      );
    }
  });

  it('hold DICOM films with and without pneumonia that are read without a doubt, inverted or not', async () => {
    const built = await collect(readRsnaStudies(path.join(root, 'rsna')));
    expect(built).toHaveLength(SIZES.rsna);
    expect(new Set(built.map(({ labels }) => labels?.['Pneumonia']))).toEqual(new Set([0, 1]));
    for (const { images } of built) {
      const film = await decodeRadiograph(images[0]!);
      expect([...film.doubts]).toEqual([]);
    }
  });

  it('show each finding where it is said to be', () => {
    const findings: Finding[] = [
      ...(['right', 'left'] as const).flatMap((side) => [
        ...(['upper', 'mid', 'lower'] as const).map((zone): Finding => ({ kind: 'opacity', side, zone })),
        { kind: 'effusion', side } as const,
      ]),
    ];
    for (const finding of findings) {
      const [sick, healthy] = greyWithAndWithout(finding);
      expect(sick - healthy).toBeGreaterThan(0.08);
    }
  });

  it('show a large heart by its box', () => {
    const widthOf = (findings: readonly Finding[]) => {
      const { lungs, heart } = drawThorax(
        { subject: '1', findings, random: createRandom(1) },
        createRandom(2),
      );
      return heart * (lungs.left.x2 - lungs.right.x1);
    };
    expect(widthOf([{ kind: 'cardiomegaly' }]) / widthOf([])).toBeGreaterThan(1.35);
  });
});
