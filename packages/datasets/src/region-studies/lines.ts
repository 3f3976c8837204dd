import { ANATOMICAL_REGIONS, DataError, isAnatomicalRegion, type Box } from '@crrg/core';
import { isOrdered } from '../imagenome/boxes.js';
import type { RegionAnnotation, RegionStudy, StudySplit } from '../region-study.js';

const SPLITS: readonly StudySplit[] = ['train', 'valid', 'test'];

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Refuses without repeating what the file says. */
function refuse(where: string, field: string, expected: string, value: unknown): never {
  const got = value === undefined ? 'nothing' : value === null ? 'null' : `another ${typeof value}`;
  throw new DataError(`${where}: "${field}": expected ${expected}, got ${got}; correct the line.`);
}

function text(fields: Fields, field: string, where: string): string {
  const value = fields[field];
  return typeof value === 'string' ? value : refuse(where, field, 'a text', value);
}

function name(fields: Fields, field: string, where: string): string {
  return text(fields, field, where) || refuse(where, field, 'a text that is not empty', '');
}

function textOrNull(fields: Fields, field: string, where: string): string | null {
  return fields[field] === null ? null : text(fields, field, where);
}

function splitOf(fields: Fields, where: string): StudySplit {
  const split = SPLITS.find((each) => each === fields['split']);
  return split ?? refuse(where, 'split', SPLITS.join(', '), fields['split']);
}

function boxOf(value: unknown, where: string): Box | null {
  if (value === null) return null;
  const expected = 'null or x1 < x2 and y1 < y2, in pixels';
  if (!isFields(value)) return refuse(where, 'box', expected, value);
  const { x1, y1, x2, y2 } = value;
  const isNumbers = [x1, y1, x2, y2].every((each) => typeof each === 'number' && Number.isFinite(each));
  const box = { x1, y1, x2, y2 } as Box;
  return isNumbers && isOrdered(box) ? box : refuse(where, 'box', expected, value);
}

function regionOf(value: unknown, where: string): RegionAnnotation {
  if (!isFields(value)) return refuse(where, 'regions', 'objects', value);
  const region = text(value, 'region', where);
  if (!isAnatomicalRegion(region)) return refuse(where, 'region', 'one of the 29 regions', region);
  const { abnormal } = value;
  if (typeof abnormal !== 'boolean') return refuse(where, 'abnormal', 'true or false', abnormal);
  return { region, box: boxOf(value['box'], where), text: text(value, 'text', where), abnormal };
}

function regionsOf(fields: Fields, where: string): RegionAnnotation[] {
  const value = fields['regions'];
  if (!Array.isArray(value)) return refuse(where, 'regions', 'a list', value);
  const regions = value.map((item, at) => regionOf(item, `${where}: regions[${at}]`));
  const places = regions.map(({ region }) => ANATOMICAL_REGIONS.indexOf(region));
  const wrong = places.findIndex((place, at) => at > 0 && place <= places[at - 1]!);
  if (wrong >= 0)
    throw new DataError(
      `${where}: regions[${wrong}]: expected each region once, in the order of the 29 regions, got another order; sort them.`,
    );
  return regions;
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The message of JSON.parse quotes the line.
    throw new DataError(`${where}: expected JSON, got another text; write one study a line.`);
  }
}

/** A study as a line of a file of region studies, line end included; the same study gives the same bytes. */
export function formatRegionStudy(study: RegionStudy): string {
  const { image, id, patient, study: studyId, split, view, report } = study;
  const regions = study.regions.map(({ region, box, text: said, abnormal }) => ({
    region,
    box: box && { x1: box.x1, y1: box.y1, x2: box.x2, y2: box.y2 },
    text: said,
    abnormal,
  }));
  return `${JSON.stringify({ image, id, patient, study: studyId, split, view, regions, report })}\n`;
}

/**
 * A line of a file of region studies. Fields that the format does not know are left out.
 * @param where `FILE: line 3`, for messages
 * @throws {@link DataError} that names the field, without what it holds
 */
export function parseRegionStudy(line: string, where: string): RegionStudy {
  const fields = parseJson(line, where);
  if (!isFields(fields)) throw new DataError(`${where}: expected an object, got another value.`);
  return {
    image: name(fields, 'image', where),
    id: name(fields, 'id', where),
    patient: textOrNull(fields, 'patient', where),
    study: textOrNull(fields, 'study', where),
    split: splitOf(fields, where),
    view: textOrNull(fields, 'view', where),
    regions: regionsOf(fields, where),
    report: textOrNull(fields, 'report', where),
  };
}
