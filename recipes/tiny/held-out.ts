/**
 * Writes the held-out films of the recipe as region studies, with their weak labels beside them, for `crrg evaluate rrg`:
 *
 *   npm run recipe:tiny:held-out -- --data FOLDER --out FOLDER
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { formatRegionStudy, type RegionAnnotation, type RegionStudy } from '@crrg/datasets';
import { clinicalFindings } from './nih-findings.js';
import { readLungBoxes, readNih, type LungFilm, type NihFilm, type Split } from './open-data.js';

/** Where the held-out films are listed. */
export interface HeldOutFiles {
  readonly studies: string;
  readonly labels: string;
}

/** How a film of a set is called in the studies. */
export const idOf = (set: 'nih' | 'lung-boxes', file: string) => `${set}/${path.basename(file)}`;

/** A film with weak labels: nobody said anything about its regions. */
function nihStudy({ file, patient, view }: NihFilm): RegionStudy {
  const id = idOf('nih', file);
  return {
    image: path.resolve(file),
    id,
    patient,
    study: null,
    split: 'test',
    view,
    regions: [],
    report: null,
  };
}

/** A film with the two lungs boxed; nobody said what they look like. */
function lungStudy({ file, lungs }: LungFilm): RegionStudy {
  const region = (side: 'right' | 'left'): RegionAnnotation => ({
    region: `${side} lung`,
    box: lungs[side],
    text: '',
    abnormal: false,
  });
  const regions = [region('right'), region('left')];
  const id = idOf('lung-boxes', file);
  return {
    image: path.resolve(file),
    id,
    patient: null,
    study: null,
    split: 'test',
    view: null,
    regions,
    report: null,
  };
}

/** Writes the studies and labels of a split of NIH's films, and of the held-out films with lung boxes. */
export async function writeHeldOut(
  dataFolder: string,
  out: string,
  split: Split = 'test',
): Promise<HeldOutFiles> {
  const nih = (await readNih(dataFolder)).filter((film) => film.split === split);
  const lungs = (await readLungBoxes(dataFolder)).filter((film) => film.split === 'test');
  const labels = nih.map((film) => ({ id: idOf('nih', film.file), findings: clinicalFindings(film.labels) }));
  const files = {
    studies: path.join(out, 'held-out.jsonl'),
    labels: path.join(out, 'held-out.labels.jsonl'),
  };
  await mkdir(out, { recursive: true });
  await writeFile(
    files.studies,
    [...nih.map(nihStudy), ...lungs.map(lungStudy)].map(formatRegionStudy).join(''),
  );
  await writeFile(files.labels, labels.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return files;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string' } } });
  if (!values.data || !values.out)
    throw new Error('recipes.tiny: --data and --out are needed; see ../README.md.');
  console.log(await writeHeldOut(values.data, values.out));
}
