import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createRandom, DataError, type Box } from '@crrg/core';
import type { LungBoxes } from './pseudo-regions.js';

/** Which part of a recipe may see a film. */
export type Split = 'train' | 'valid' | 'test';

/** A film of NIH ChestX-ray14 with its weak labels. */
export interface NihFilm {
  readonly file: string;
  readonly patient: string;
  readonly view: 'PA' | 'AP';
  readonly labels: readonly string[];
  readonly split: Split;
}

/** A film with the two lungs boxed, in its own pixels. */
export interface LungFilm {
  readonly file: string;
  readonly lungs: LungBoxes;
  readonly split: Split;
}

/** A paediatric film: 0 normal, 1 bacterial, 2 viral pneumonia. */
export interface KermanyFilm {
  readonly file: string;
  readonly label: 0 | 1 | 2;
}

/** The split of a patient or file, by a hash of its name: stable when data are added. */
export function splitOf(name: string, shares: { readonly valid: number; readonly test: number }): Split {
  const draw = createRandom(2026).fork(name).next();
  if (draw < shares.test) return 'test';
  return draw < shares.test + shares.valid ? 'valid' : 'train';
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(
      `recipes.openData: expected a JSON list at ${file}; pass the folder of the open data.`,
      { cause },
    );
  }
}

/** The NIH films of `folder/nih`, split by patient 70/10/20. */
export async function readNih(folder: string): Promise<NihFilm[]> {
  const rows = (await readJson(path.join(folder, 'nih/annotations.json'))) as {
    file: string;
    folder: string;
    patient: string;
    view: 'PA' | 'AP';
    labels: string[];
  }[];
  return rows.map((row) => ({
    file: path.join(folder, 'nih/images', row.file),
    patient: row.patient,
    view: row.view,
    labels: row.labels,
    split: splitOf(`nih/${row.patient}`, { valid: 0.1, test: 0.2 }),
  }));
}

function toBox([x1, y1, x2, y2]: readonly number[]): Box {
  return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
}

/** The films of `folder/lung-boxes`, split by file 75/5/20. */
export async function readLungBoxes(folder: string): Promise<LungFilm[]> {
  const rows = (await readJson(path.join(folder, 'lung-boxes/annotations.json'))) as {
    file: string;
    boxes: { name: string; bbox_xyxy: number[] }[];
  }[];
  return rows.map(({ file, boxes }) => {
    const named = (name: string) => toBox(boxes.find((box) => box.name === name)!.bbox_xyxy);
    return {
      file: path.join(folder, 'lung-boxes/images', file),
      lungs: { right: named('right lung'), left: named('left lung') },
      split: splitOf(`lung-boxes/${file}`, { valid: 0.05, test: 0.2 }),
    };
  });
}

/** The films of `folder/kermany`. */
export async function readKermany(folder: string): Promise<KermanyFilm[]> {
  const list = async (kind: string) =>
    (await readdir(path.join(folder, 'kermany', kind)))
      .sort()
      .map((name) => path.join(folder, 'kermany', kind, name));
  const normal = await list('NORMAL');
  const pneumonia = await list('PNEUMONIA');
  return [
    ...normal.map((file): KermanyFilm => ({ file, label: 0 })),
    ...pneumonia.map((file): KermanyFilm => ({ file, label: file.includes('virus') ? 2 : 1 })),
  ];
}
