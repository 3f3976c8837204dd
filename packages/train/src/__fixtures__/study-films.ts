import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import type { TrainingStudy } from '../studies/read-studies.js';

const isIll = (index: number) => index % 2 === 1;

/** Grey of a chest at a place in a picture of 60x50 pixels: two dark lungs beside a bright middle, dark above the shoulders. @internal */
export function chestGrey(at: number): number {
  const [x, y] = [(at % 60) / 60, Math.floor(at / 60) / 50];
  const isLung = Math.hypot((Math.abs(x - 0.5) - 0.22) / 0.15, (y - 0.45) / 0.32) < 1;
  const isAboveShoulder = y < 0.2 && Math.abs(x - 0.5) > 0.3 - y;
  return isLung || isAboveShoulder ? 20 : 110;
}

/** Writes twelve noisy films into a folder, the odd ones brighter, and gives a study of each: eight for training, all labelled. @internal */
export async function writeStudyFilms(folder: string): Promise<TrainingStudy[]> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(5);
  const studies: TrainingStudy[] = [];
  for (let index = 0; index < 12; index++) {
    const file = path.join(folder, `${index}.png`);
    const offset = isIll(index) ? 55 : 0;
    const pixels = Uint8Array.from({ length: 60 * 50 }, (_, at) => chestGrey(at) + random.integer(80) + offset);
    await writeFile(file, encodePng(greyImage(60, 50, pixels)));
    studies.push({
      subject: `study ${index + 1}`,
      id: `s${index}`,
      patient: undefined,
      split: index < 8 ? 'train' : 'valid',
      images: [file],
      sections: [isIll(index) ? 'There is an opacity.' : 'The lungs are clear.'],
      labels: new Map([['Pneumonia', isIll(index) ? 1 : 0]]),
    });
  }
  return studies;
}
