import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import type { StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { placeOf, type SourceOptions } from '../studies/source-options.js';
import { requireFile } from '../table/find-file.js';
import { readCsv } from '../table/read-csv.js';
import { OPENI_PROJECTION_COLUMNS, readOpeniProjections, type OpeniProjection } from './projections.js';
import { parseOpeniReport } from './report.js';
import { openiSections } from './text.js';

/** How {@link readOpeniStudies} reads. */
export interface OpeniSourceOptions extends SourceOptions {
  /** No split is published; CXR-CLIP tests on all. @defaultValue 'test' */
  readonly split?: StudySplit | undefined;
}

const MAXIMUM_BYTES = 1 << 22;
const REPORTS = 'ecgen-radiology';

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size <= MAXIMUM_BYTES) return readFile(file, 'utf8');
  throw new DataError(`${file}: expected at most 4 MiB, got ${size} bytes; check the file.`);
}

/** Where the pictures of a report are, by the names that they have on disk. */
const placesOf = (image: string) =>
  ['images/images_normalized', 'images', 'NLMCXR_png'].flatMap((folder) => [
    `${folder}/${image.replace(/^CXR/, '')}.dcm.png`,
    `${folder}/${image}.png`,
  ]);

async function frontalImages(
  root: string,
  images: readonly string[],
  views: ReadonlyMap<string, OpeniProjection>,
): Promise<{ readonly frontal: number; readonly files: string[] }> {
  const frontal = images.filter((image) => views.get(image) === 'Frontal');
  const files: string[] = [];
  for (const image of frontal) {
    const file = await placeOf(root, placesOf(image));
    if (file !== undefined) files.push(file);
  }
  return { frontal: frontal.length, files };
}

/**
 * The reports of Open-i with their frontal films as studies; sections are findings and impression, those that are there.
 *
 * Source: docs/reference/datasets.md#open-i.
 * @param root the folder with `ecgen-radiology`, `indiana_projections.csv` and `images`
 * @throws {@link DataError} with file and line for what cannot be used; never with a text of a report
 */
export async function* readOpeniStudies(
  root: string,
  { split = 'test', skips, units, signal }: OpeniSourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const projections = await requireFile(root, 'indiana_projections.csv');
  const views = await readOpeniProjections(
    readCsv(projections, { columns: OPENI_PROJECTION_COLUMNS, signal }),
  );
  const folder = path.join(root, REPORTS);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new DataError(`${folder}: expected the folder of reports, got none; name the folder above it.`, {
      cause,
    });
  });
  const reports = names.filter((name) => name.endsWith('.xml'));
  for (const name of reports.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    signal?.throwIfAborted();
    if (units?.enter() === false) continue;
    const file = path.join(folder, name);
    const report = parseOpeniReport(await readText(file), file);
    const sections = openiSections(report);
    const { frontal, files } = await frontalImages(root, report.images, views);
    for (let missing = files.length; missing < frontal; missing++) skips?.add('image file missing');
    if (sections.length === 0) skips?.add('neither findings nor impression');
    else if (frontal === 0) skips?.add('no frontal picture');
    else if (files.length > 0) yield { id: report.uid, patient: report.uid, split, images: files, sections };
  }
}
