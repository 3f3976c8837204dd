import { stat } from 'node:fs/promises';
import { DataError } from '@crrg/core';
import { joinPath } from '../rrg/row.js';
import type { StudySplit } from '../region-study.js';

/** Where the three data sets lie that the tables are made of. */
export interface ImagenomeRoots {
  /** Chest ImaGenome: the folder with `silver_dataset`, or that folder. */
  readonly imagenome: string;
  /** MIMIC-CXR: the folder with `files/p10` and so on, with the reports. */
  readonly reports: string;
  /** MIMIC-CXR-JPG: the folder with `files/p10` and so on, with the pictures. */
  readonly pictures: string;
}

/** Paths of the files of Chest ImaGenome. */
export interface ImagenomeFiles {
  splitList(split: StudySplit): string;
  readonly imagesToAvoid: string;
  sceneGraph(image: string): string;
}

const isFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** @throws {@link DataError} where the folder holds neither `silver_dataset/splits` nor `splits` */
export async function locateImagenome(root: string): Promise<ImagenomeFiles> {
  for (const folder of [joinPath(root, 'silver_dataset'), root]) {
    if (!(await isFolder(joinPath(folder, 'splits')))) continue;
    return {
      splitList: (split) => joinPath(folder, `splits/${split}.csv`),
      imagesToAvoid: joinPath(folder, 'splits/images_to_avoid.csv'),
      sceneGraph: (image) => joinPath(folder, `scene_graph/${image}_SceneGraph.json`),
    };
  }
  throw new DataError(
    `${root}: expected the folder of Chest ImaGenome with silver_dataset/splits, got none; name the folder as published.`,
  );
}
