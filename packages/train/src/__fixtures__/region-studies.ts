import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ANATOMICAL_REGIONS, createRandom } from '@crrg/core';
import { formatRegionStudy, type RegionStudy } from '@crrg/datasets';
import { encodePng, greyImage } from '@crrg/image';
import { chestGrey } from './study-films.js';

/** Size of the films in pixels. @internal */
export const FILM = { width: 60, height: 50 };

const LUNGS = {
  'right lung': { x1: 8, y1: 7, x2: 26, y2: 38 },
  'left lung': { x1: 34, y1: 7, x2: 52, y2: 38 },
};

/** Writes six noisy films and a study of each: four for training; every region listed, the lungs with a box, one with a phrase. @internal */
export async function writeRegionFilms(folder: string): Promise<RegionStudy[]> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(7);
  const studies: RegionStudy[] = [];
  for (let index = 0; index < 6; index++) {
    const image = path.join(folder, `${index}.png`);
    const { width, height } = FILM;
    const pixels = Uint8Array.from({ length: width * height }, (_, at) => chestGrey(at) + random.integer(60));
    await writeFile(image, encodePng(greyImage(width, height, pixels)));
    studies.push({
      image,
      ...{ id: `s${index}`, patient: `p${index}`, study: null, view: 'PA', report: null },
      split: index < 4 ? 'train' : 'valid',
      regions: ANATOMICAL_REGIONS.map((region) => ({
        region,
        box: LUNGS[region as keyof typeof LUNGS] ?? null,
        text: region === 'right lung' ? `The right lung is ${index % 2 ? 'opaque' : 'clear'}.` : '',
        abnormal: region === 'right lung' && index % 2 === 1,
      })),
    });
  }
  return studies;
}

/** A file of the studies. @internal */
export async function writeStudiesFile(file: string, studies: readonly RegionStudy[]): Promise<string> {
  await writeFile(file, studies.map(formatRegionStudy).join(''));
  return file;
}

/** The studies with the lungs alone: nothing is said of the other regions. @internal */
export const lungsOnly = (studies: readonly RegionStudy[]): RegionStudy[] =>
  studies.map((study) => ({ ...study, regions: study.regions.filter(({ region }) => region in LUNGS) }));

/** The smallest report model of 29 regions that reads these films. @internal */
export const SMALL_CONFIG = {
  detector: {
    imageSize: 64,
    stemWidth: 4,
    planes: [4, 4, 4, 4],
    blocks: [1, 1, 1, 1],
    anchors: { sizes: [16, 32], ratios: [0.5, 1, 2] },
    rpn: { training: { preNms: 40, postNms: 20 }, evaluation: { preNms: 20, postNms: 12 }, sampleSize: 16 },
    roi: { sampleSize: 16 },
    representationSize: 16,
    regionFeatureDim: 8,
  },
  regionSelector: { hidden: [8, 4] },
  reportGen: { numLayers: 1, numHeads: 2, width: 8, ffnWidth: 16, numPositions: 24 },
} as const;
