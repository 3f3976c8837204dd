import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { formatRegionStudy, type RegionStudy, type StudySplit } from '@crrg/datasets';
import { encodePng, greyImage } from '@crrg/image';

/** What is written of a film whose lungs are dark, and of one whose lungs are bright. @internal */
export const REPORTS = ['The lungs are clear.', 'There is a large opacity.'] as const;

/** Films whose index is odd are bright. @internal */
export const reportOf = (index: number): string => REPORTS[index % 2]!;

/** Grey of a chest at a place in a picture of 60x50 pixels: two dark lungs beside a bright middle, dark above the shoulders. */
function chestGrey(at: number, isBright: boolean): number {
  const [x, y] = [(at % 60) / 60, Math.floor(at / 60) / 50];
  const isLung = Math.hypot((Math.abs(x - 0.5) - 0.22) / 0.15, (y - 0.45) / 0.32) < 1;
  const isAboveShoulder = y < 0.2 && Math.abs(x - 0.5) > 0.3 - y;
  if (isLung) return isBright ? 160 : 20;
  return isAboveShoulder ? 20 : 110;
}

const splitOf = (index: number): StudySplit => (index < 8 ? 'train' : index < 12 ? 'valid' : 'test');

/** Sixteen studies of one film each: eight for training, four for validation, four held out. Training studies have sentences of regions alone. @internal */
export function regionStudies(): RegionStudy[] {
  return Array.from({ length: 16 }, (_, index) => ({
    image: `films/${index}.png`,
    id: `f${index}`,
    patient: `p${index}`,
    study: null,
    split: splitOf(index),
    view: 'AP',
    regions: [
      { region: 'right lung' as const, box: null, text: reportOf(index), abnormal: index % 2 === 1 },
      { region: 'left lung' as const, box: null, text: reportOf(index), abnormal: index % 2 === 1 },
    ],
    report: index < 8 ? null : reportOf(index),
  }));
}

/** Writes the films of {@link regionStudies} and `studies.jsonl` into a folder and gives the path of the latter. @internal */
export async function writeRegionStudies(folder: string, studies = regionStudies()): Promise<string> {
  await mkdir(path.join(folder, 'films'), { recursive: true });
  const random = createRandom(5);
  for (let index = 0; index < 16; index++) {
    const pixels = Uint8Array.from(
      { length: 60 * 50 },
      (_, at) => chestGrey(at, index % 2 === 1) + random.integer(80),
    );
    await writeFile(path.join(folder, 'films', `${index}.png`), encodePng(greyImage(60, 50, pixels)));
  }
  const file = path.join(folder, 'studies.jsonl');
  await writeFile(file, studies.map(formatRegionStudy).join(''));
  return file;
}

/** What stands in a `reports.jsonl`. @internal */
export const parseReports = (text: string): { id: string; image: string; text: string }[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; image: string; text: string });
