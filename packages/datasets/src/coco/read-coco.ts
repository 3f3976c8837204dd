import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import type { RegionStudy, StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { presentImages, type SourceOptions } from '../studies/source-options.js';
import { cocoRegionStudy, cocoStudy, parseCoco, type CocoImage, type CocoSet } from './coco.js';

/** Where COCO files and their pictures are. */
export interface CocoSource {
  /** A file of annotations for each split that there is. */
  readonly files: Readonly<Partial<Record<StudySplit, string>>>;
  /** The folder that the names of the pictures begin at. */
  readonly images: string;
}

/** A file is held whole while it is read. */
const MAXIMUM_BYTES = 1 << 30;

async function readSet(file: string): Promise<CocoSet> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new DataError(`${file}: expected a COCO file, got none; name it.`, { cause });
  });
  if (size <= MAXIMUM_BYTES) return parseCoco(await readFile(file, 'utf8'), file);
  throw new DataError(`${file}: expected at most 1 GiB, got ${size} bytes; divide it.`);
}

/** The images whose pictures are there, with what the file says of all. */
async function* presentFilms(
  { files, images }: CocoSource,
  { skips, units, signal }: SourceOptions,
): AsyncGenerator<{ readonly image: CocoImage; readonly set: CocoSet; readonly split: StudySplit }> {
  for (const split of ['train', 'valid', 'test'] as const) {
    const file = files[split];
    if (file === undefined) continue;
    units?.leave();
    const set = await readSet(file);
    for (const image of set.images) {
      signal?.throwIfAborted();
      if (units?.enter() === false) continue;
      const [present] = await presentImages(images, [image.file], skips);
      if (present !== undefined) yield { image, set, split };
    }
  }
}

/**
 * The images of COCO files as studies with a label for each category.
 *
 * Source: docs/reference/datasets.md#coco-boxes.
 * @throws {@link DataError} that names the entry which cannot be used
 */
export async function* readCocoStudies(
  source: CocoSource,
  options: SourceOptions = {},
): AsyncGenerator<RclipStudy> {
  for await (const { image, set, split } of presentFilms(source, options)) {
    const study = cocoStudy(image, set.categories, split);
    yield { ...study, images: [path.join(source.images, image.file)] };
  }
}

/**
 * The images of COCO files as region studies: boxes of categories named like one of the 29 regions.
 *
 * Source: docs/reference/datasets.md#coco-boxes.
 * @throws {@link DataError} that names the entry which cannot be used
 */
export async function* readCocoRegionStudies(
  source: CocoSource,
  options: SourceOptions = {},
): AsyncGenerator<RegionStudy> {
  for await (const { image, split } of presentFilms(source, options)) {
    const study = cocoRegionStudy(image, split, options.skips);
    yield { ...study, image: path.join(source.images, image.file) };
  }
}
