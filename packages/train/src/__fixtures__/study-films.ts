import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import type { TrainingStudy } from '../studies/read-studies.js';

const isIll = (index: number) => index % 2 === 1;

/** Writes twelve films of noise into a folder, the odd ones brighter, and gives a study of each: eight for training, all labelled. @internal */
export async function writeStudyFilms(folder: string): Promise<TrainingStudy[]> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(5);
  const studies: TrainingStudy[] = [];
  for (let index = 0; index < 12; index++) {
    const file = path.join(folder, `${index}.png`);
    const offset = isIll(index) ? 55 : 0;
    const pixels = Uint8Array.from({ length: 60 * 50 }, () => random.integer(200) + offset);
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
