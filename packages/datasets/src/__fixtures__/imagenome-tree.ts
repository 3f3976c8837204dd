import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import type { ImagenomeRoots } from '../imagenome/roots.js';

/** A made-up film and what lies on disk of it. */
export interface MadeUpFilm {
  readonly image: string;
  readonly study?: string;
  /** Width and height in the JPEG header; null for no file. @defaultValue [100, 80] */
  readonly size?: readonly [number, number] | null;
  /** null for no file. @defaultValue a report with findings */
  readonly report?: string | null;
  /** Corners by region, for those that are not (10, 10, 50, 40); null leaves the object out. */
  readonly boxes?: Readonly<Record<string, readonly number[] | null>>;
  /** Phrases by region. */
  readonly phrases?: Readonly<Record<string, readonly string[]>>;
  /** In place of the scene graph's text; null for no file. */
  readonly graph?: string | null;
  readonly view?: string;
}

export const SUBJECT = '10000001';

/** The bytes of a JPEG file up to its size, and its end. */
export const jpegHeader = (width: number, height: number): Uint8Array =>
  Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0],
    ...[0xff, 0xd9],
  ]);

function graphOf({ boxes = {}, phrases = {} }: MadeUpFilm): string {
  const objects = ANATOMICAL_REGIONS.flatMap((region) => {
    const corners = boxes[region] === undefined ? [10, 10, 50, 40] : boxes[region];
    if (corners === null) return [];
    const [original_x1, original_y1, original_x2, original_y2] = corners;
    return [{ bbox_name: region, original_x1, original_y1, original_x2, original_y2 }];
  });
  const attributes = Object.entries(phrases).map(([region, texts]) => ({
    bbox_name: region,
    phrases: texts,
    attributes: texts.map(() => ['nlp|yes|normal']),
  }));
  return JSON.stringify({ objects, attributes });
}

async function write(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

const folderOf = (study: string) => `files/p10/p${SUBJECT}/s${study}`;

async function writeFilm(root: string, film: MadeUpFilm): Promise<void> {
  const { image, study = '50000001', size = [100, 80] } = film;
  const report = film.report === undefined ? '\n FINDINGS: all clear.\n' : film.report;
  if (size) await write(path.join(root, 'jpg', folderOf(study), `${image}.jpg`), jpegHeader(...size));
  if (report !== null) await write(path.join(root, 'txt', `${folderOf(study)}.txt`), report);
  const graph = film.graph === undefined ? graphOf(film) : film.graph;
  const graphs = path.join(root, 'genome/silver_dataset/scene_graph');
  if (graph !== null) await write(path.join(graphs, `${image}_SceneGraph.json`), graph);
}

const rowOf = ({ image, study = '50000001', view = 'AP' }: MadeUpFilm, at: number) =>
  `${at},${SUBJECT},${study},${image},${folderOf(study)}/${image}.dcm,${view}\n`;

/** A tree of the three data sets in a temporary folder; the caller removes it. */
export async function writeImagenomeTree(
  films: Readonly<Record<'train' | 'valid' | 'test', readonly MadeUpFilm[]>>,
  avoid: readonly string[] = [],
): Promise<{ readonly root: string; readonly roots: ImagenomeRoots }> {
  const root = await mkdtemp(path.join(tmpdir(), 'crrg-imagenome-'));
  const splits = path.join(root, 'genome/silver_dataset/splits');
  for (const [split, listed] of Object.entries(films)) {
    for (const film of listed) await writeFilm(root, film);
    const header = ',subject_id,study_id,dicom_id,path,ViewPosition\n';
    await write(path.join(splits, `${split}.csv`), header + listed.map(rowOf).join(''));
  }
  const avoided = avoid.map((image) => `${SUBJECT},50000001,${image},files/x.dcm,AP\n`);
  const header = 'subject_id,study_id,dicom_id,path,ViewPosition\n';
  await write(path.join(splits, 'images_to_avoid.csv'), header + avoided.join(''));
  const [imagenome, reports, pictures] = ['genome', 'txt', 'jpg'].map((name) => path.join(root, name));
  return { root, roots: { imagenome: imagenome!, reports: reports!, pictures: pictures! } };
}
