import { ANATOMICAL_REGIONS, DataError, isAnatomicalRegion, type Box } from '@crrg/core';
import type { RegionStudy, StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import type { SkipCounts } from '../studies/skips.js';

/** One image of a COCO file with its boxes. */
export interface CocoImage {
  readonly file: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** In the order of the file. */
  readonly boxes: readonly { readonly category: string; readonly box: Box }[];
}

/** What a COCO file says. */
export interface CocoSet {
  /** Names in the order of the file: each is looked for on every image. */
  readonly categories: readonly string[];
  readonly images: readonly CocoImage[];
}

type Fields = Readonly<Record<string, unknown>>;

function listOf(value: unknown, where: string, name: string): Fields[] {
  const list = (value as Fields | null)?.[name];
  if (Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null))
    return list as Fields[];
  throw new DataError(`${where}: expected a list of objects for ${name}, got another; check the file.`);
}

function byId(items: readonly Fields[], where: string, name: string): Map<number, number> {
  const places = new Map<number, number>();
  for (const [at, { id }] of items.entries()) {
    if (typeof id !== 'number' || places.has(id))
      throw new DataError(`${where}: ${name}[${at}]: expected an id of its own; correct it.`);
    places.set(id, at);
  }
  return places;
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);

function boxOf(value: unknown, where: string): Box {
  if (Array.isArray(value) && value.length === 4 && value.every((side) => Number.isFinite(side))) {
    const [x, y, width, height] = value as [number, number, number, number];
    if (width > 0 && height > 0) return { x1: x, y1: y, x2: x + width, y2: y + height };
  }
  throw new DataError(`${where}: expected left, top, width and height for bbox; correct it.`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${file}: expected JSON, got another text; check the file.`, { cause });
  }
}

/**
 * The images and boxes of a COCO file of detection.
 *
 * Source: docs/reference/datasets.md#coco-boxes.
 * @param file name for messages
 * @throws {@link DataError} that names the entry which cannot be used
 */
export function parseCoco(text: string, file: string): CocoSet {
  const value = parseJson(text, file);
  const [images, categories, annotations] = ['images', 'categories', 'annotations'].map((name) =>
    listOf(value, file, name),
  ) as [Fields[], Fields[], Fields[]];
  const imagePlaces = byId(images, file, 'images');
  const categoryPlaces = byId(categories, file, 'categories');
  const names = categories.map(({ name }, at) => {
    if (typeof name === 'string' && name.trim() !== '') return name;
    throw new DataError(`${file}: categories[${at}]: expected a name; correct it.`);
  });
  if (new Set(names).size < names.length)
    throw new DataError(`${file}: expected each category once, got a name twice; rename one.`);
  const boxes = images.map((): { category: string; box: Box }[] => []);
  for (const [at, { image_id, category_id, bbox }] of annotations.entries()) {
    const where = `${file}: annotations[${at}]`;
    const [image, category] = [
      imagePlaces.get(image_id as number),
      categoryPlaces.get(category_id as number),
    ];
    if (image === undefined || category === undefined)
      throw new DataError(`${where}: expected the id of an image and of a category of the file; correct it.`);
    boxes[image]!.push({ category: names[category]!, box: boxOf(bbox, where) });
  }
  return {
    categories: names,
    images: images.map(({ file_name, width, height }, at) => {
      if (typeof file_name !== 'string' || file_name === '' || !isPositive(width) || !isPositive(height))
        throw new DataError(`${file}: images[${at}]: expected file_name, width and height; correct it.`);
      return { file: file_name, width, height, boxes: boxes[at]! };
    }),
  };
}

/** An image as a study with a label for each category: 1 where there is a box, else 0. */
export function cocoStudy(
  { file, boxes }: CocoImage,
  categories: readonly string[],
  split: StudySplit,
): RclipStudy {
  const found = new Set(boxes.map(({ category }) => category));
  const labels = Object.fromEntries(categories.map((name) => [name, found.has(name) ? 1 : 0] as const));
  return { id: file, split, images: [file], labels };
}

/**
 * An image as a region study, for training a detector: of categories named like one of the 29 regions. Of a region's several boxes the largest counts. Texts
 * are empty, and `abnormal` says nothing.
 */
export function cocoRegionStudy(
  { file, boxes }: CocoImage,
  split: StudySplit,
  skips?: SkipCounts,
): RegionStudy {
  const area = ({ x1, y1, x2, y2 }: Box) => (x2 - x1) * (y2 - y1);
  const byRegion = new Map<string, Box>();
  for (const { category, box } of boxes) {
    const known = byRegion.get(category);
    if (!isAnatomicalRegion(category)) skips?.add('box of no region');
    else if (known) skips?.add('second box of a region');
    if (isAnatomicalRegion(category) && (!known || area(box) > area(known))) byRegion.set(category, box);
  }
  const regions = ANATOMICAL_REGIONS.flatMap((region) => {
    const box = byRegion.get(region);
    return box ? [{ region, box, text: '', abnormal: false }] : [];
  });
  return { image: file, id: file, patient: null, study: null, split, view: null, regions, report: null };
}
