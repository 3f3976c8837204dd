import { DataError, isAnatomicalRegion, type AnatomicalRegion, type Box } from '@crrg/core';

/** An object of a scene graph. */
export interface SceneObject {
  /** `bbox_name`, which may be none of the 29 regions. */
  readonly name: string;
  /** Pixels of the stored picture; null for what is none of the 29 regions. */
  readonly box: Box | null;
}

/** What the report says of an object. */
export interface SceneAttributes {
  /** `bbox_name`, which may be none of the 29 regions. */
  readonly name: string;
  readonly phrases: readonly string[];
  /** Some attribute is exactly `nlp|yes|abnormal`. */
  readonly isAbnormal: boolean;
}

/** The fields of a Chest ImaGenome scene graph that are used, in the order of the file. */
export interface SceneGraph {
  readonly objects: readonly SceneObject[];
  readonly attributes: readonly SceneAttributes[];
}

/** Objects or attributes that a scene graph may have; a real one has about 36. */
const MAXIMUM_ITEMS = 10_000;
/** Coordinates beyond this are no pixels of a picture. */
const MAXIMUM_COORDINATE = 1e7;
const ABNORMAL = 'nlp|yes|abnormal';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refusal(where: string, expected: string): DataError {
  return new DataError(`${where}: expected ${expected}; download the scene graph again.`);
}

function itemsOf(graph: Fields, field: string, file: string): readonly Fields[] {
  const items = graph[field];
  if (Array.isArray(items) && items.length <= MAXIMUM_ITEMS && items.every(isFields)) return items;
  throw refusal(file, `"${field}" to be a list of at most ${MAXIMUM_ITEMS} objects`);
}

function nameOf(item: Fields, where: string): string {
  const name = item['bbox_name'];
  if (typeof name === 'string') return name;
  throw refusal(where, 'a text for "bbox_name"');
}

function coordinate(item: Fields, field: string, where: string): number {
  const value = item[field];
  if (typeof value === 'number' && Math.abs(value) <= MAXIMUM_COORDINATE) return value;
  throw refusal(where, `a number of at most ${MAXIMUM_COORDINATE} for "${field}"`);
}

/** The `original_` corners: the others are in a frame of 224 x 224 (docs/reference/traps.md#t16). */
function boxOf(item: Fields, where: string): Box {
  const at = (corner: string) => coordinate(item, `original_${corner}`, where);
  return { x1: at('x1'), y1: at('y1'), x2: at('x2'), y2: at('y2') };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function attributesOf(item: Fields, name: string, where: string): SceneAttributes {
  const { phrases, attributes } = item;
  if (!isTexts(phrases)) throw refusal(where, 'a list of texts for "phrases"');
  if (!Array.isArray(attributes) || !attributes.every(isTexts))
    throw refusal(where, 'a list of lists of texts for "attributes"');
  return { name, phrases, isAbnormal: attributes.some((texts) => texts.includes(ABNORMAL)) };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the text, which may be a report's.
    throw refusal(file, 'JSON');
  }
}

/**
 * A scene graph of Chest ImaGenome from the text of its file. Nothing of the file is used before it is checked.
 *
 * Source: docs/reference/datasets.md#chest-imagenome.
 * @param file name for messages
 * @throws {@link DataError} where a field that is used is missing or of another type
 */
export function parseSceneGraph(text: string, file: string): SceneGraph {
  const graph = parseJson(text, file);
  if (!isFields(graph)) throw refusal(file, 'an object');
  const objects = itemsOf(graph, 'objects', file).map((item, at) => {
    const where = `${file}: objects[${at}]`;
    const name = nameOf(item, where);
    return { name, box: isAnatomicalRegion(name) ? boxOf(item, where) : null };
  });
  const attributes = itemsOf(graph, 'attributes', file).map((item, at) => {
    const where = `${file}: attributes[${at}]`;
    return attributesOf(item, nameOf(item, where), where);
  });
  return { objects, attributes };
}

/** The last item of each region counts, even if its box is faulty; docs/reference/datasets.md#observed-on-made-up-trees. */
export function lastOfRegion<T extends { readonly name: string }>(
  items: readonly T[],
): ReadonlyMap<AnatomicalRegion, T> {
  const found = new Map<AnatomicalRegion, T>();
  for (const item of items) if (isAnatomicalRegion(item.name)) found.set(item.name, item);
  return found;
}
