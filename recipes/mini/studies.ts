import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  findImagenomeRoots,
  readMimicRclipStudies,
  readRegionStudies,
  readRsnaStudies,
  writeImagenomeStudies,
  writeRclipStudies,
  type RclipStudy,
  type RegionStudy,
} from '@crrg/datasets/node';

/** The files of studies of a run. */
export interface StudyFiles {
  /** Region studies of Chest ImaGenome. */
  readonly regions: string;
  /** Films and reports of MIMIC-CXR. */
  readonly pairs: string;
  /** Films and labels of RSNA. */
  readonly labels: string;
}

/** Builds the files of studies from the data sets below `data`, as `crrg data` does. */
export async function buildStudies(data: string, folder: string): Promise<StudyFiles> {
  const file = (name: string) => path.join(folder, `${name}.jsonl`);
  const files: StudyFiles = { regions: file('regions'), pairs: file('pairs'), labels: file('labels') };
  const roots = await findImagenomeRoots(data);
  await writeImagenomeStudies({ roots, out: files.regions });
  await writeRclipStudies(readMimicRclipStudies(roots), files.pairs, { source: 'MIMIC-CXR (made up)' });
  await writeRclipStudies(readRsnaStudies(path.join(data, 'rsna')), files.labels, {
    source: 'RSNA (made up)',
  });
  return files;
}

/** What the regions of the training films are said to show. */
export async function trainingPhrases({ regions }: StudyFiles): Promise<string[]> {
  const phrases: string[] = [];
  for await (const study of readRegionStudies(regions) as AsyncIterable<RegionStudy>)
    if (study.split === 'train')
      phrases.push(...study.regions.flatMap(({ text }) => (text === '' ? [] : [text])));
  return phrases;
}

/** The sections of the training reports. */
export async function trainingSections({ pairs }: StudyFiles): Promise<string[]> {
  const lines = (await readFile(pairs, 'utf8')).trim().split('\n');
  const studies = lines.map((line) => JSON.parse(line) as RclipStudy);
  return studies.flatMap(({ split, sections = [] }) => (split === 'train' ? sections : []));
}
