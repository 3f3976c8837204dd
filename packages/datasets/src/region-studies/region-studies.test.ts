import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS, DataError } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegionStudy } from '../region-study.js';
import { formatRegionStudy, parseRegionStudy } from './lines.js';
import { readRegionStudies } from './read.js';

const study: RegionStudy = {
  image: 'films/a.png',
  id: 'a',
  patient: '10',
  study: null,
  split: 'train',
  view: 'PA',
  regions: [
    { region: 'right lung', box: { x1: 0, y1: 1.5, x2: 2, y2: 3 }, text: 'Clear.', abnormal: false },
    { region: 'carina', box: null, text: '', abnormal: true },
  ],
  report: null,
};

describe('a line of region studies', () => {
  it('reads back as it was written', () => {
    const line = formatRegionStudy(study);
    expect(line.endsWith('}\n')).toBe(true);
    expect(parseRegionStudy(line, 'f')).toEqual(study);
    expect(formatRegionStudy(parseRegionStudy(line, 'f'))).toBe(line);
  });

  it('is refused with file, line and field, without what it holds', () => {
    const [first, second] = study.regions;
    const cases: [object, string][] = [
      [{ image: '' }, '"image": expected a text that is not empty'],
      [{ id: 7 }, '"id": expected a text, got another number'],
      [{ patient: undefined }, '"patient": expected a text, got nothing'],
      [{ split: 'secret' }, '"split": expected train, valid, test'],
      [{ view: 3 }, '"view": expected a text'],
      [{ report: [] }, '"report": expected a text'],
      [{ regions: {} }, '"regions": expected a list'],
      [{ regions: ['secret'] }, 'regions[0]: "regions": expected objects'],
      [{ regions: [{ ...first, region: 'secret' }] }, 'regions[0]: "region": expected one of the 29 regions'],
      [{ regions: [{ ...first, abnormal: 1 }] }, 'regions[0]: "abnormal": expected true or false'],
      [{ regions: [{ ...first, text: null }] }, 'regions[0]: "text": expected a text, got null'],
      [{ regions: [{ ...first, box: [1] }] }, 'regions[0]: "box": expected null or x1 < x2'],
      [
        { regions: [{ ...first, box: { x1: 2, y1: 1, x2: 2, y2: 3 } }] },
        'regions[0]: "box": expected null or',
      ],
      [
        { regions: [{ ...first, box: { x1: 2, y1: 1, x2: '9', y2: 3 } }] },
        'regions[0]: "box": expected null or',
      ],
      [{ regions: [second, first] }, 'regions[1]: expected each region once, in the order'],
      [{ regions: [first, first] }, 'regions[1]: expected each region once'],
    ];
    for (const [change, message] of cases) {
      const read = () => parseRegionStudy(JSON.stringify({ ...study, ...change }), 'f.jsonl: line 3');
      expect(read).toThrow(DataError);
      expect(read).toThrow(`f.jsonl: line 3: ${message}`);
      expect(read).not.toThrow('secret');
    }
    expect(() => parseRegionStudy('secret', 'f: line 1')).toThrow(
      'f: line 1: expected JSON, got another text',
    );
    expect(() => parseRegionStudy('[]', 'f: line 1')).toThrow('f: line 1: expected an object');
  });
});

describe('a file of region studies', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crrg-studies-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(content: string | Uint8Array, signal?: AbortSignal): Promise<RegionStudy[]> {
    const file = path.join(folder, 'f.jsonl');
    await writeFile(file, content);
    const studies: RegionStudy[] = [];
    for await (const each of readRegionStudies(file, { signal })) studies.push(each);
    return studies;
  }

  it('is read line by line, with CR LF, blank lines and no newline at the end', async () => {
    const other = { ...study, id: 'b' };
    const content = `${formatRegionStudy(study).trim()}\r\n\n${formatRegionStudy(other).trim()}`;
    expect(await read(content)).toEqual([study, other]);
  });

  it('is refused for an id that comes twice, naming both lines', async () => {
    await expect(read(formatRegionStudy(study).repeat(2))).rejects.toThrow(
      /f\.jsonl: line 2: "id": expected one of its own, got that of .*f\.jsonl: line 1/,
    );
  });

  it('is refused for bytes that are not UTF-8', async () => {
    await expect(read(Uint8Array.of(0x7b, 0xff))).rejects.toThrow('expected UTF-8 text');
  });

  it('can be stopped', async () => {
    await expect(read(formatRegionStudy(study), AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});

it('the JSON schema in the docs asks for the fields, splits and regions that the reader asks for', async () => {
  const file = new URL('../../../../docs/reference/region-study.schema.json', import.meta.url);
  const schema = JSON.parse(await readFile(file, 'utf8')) as {
    readonly required: readonly string[];
    readonly properties: { readonly split: { readonly enum: readonly string[] } };
    readonly $defs: {
      readonly region: {
        readonly required: readonly string[];
        readonly properties: { readonly region: { readonly enum: readonly string[] } };
      };
    };
  };
  const { region } = schema.$defs;
  expect(schema.required).toEqual(Object.keys(study));
  expect(region.required).toEqual(Object.keys(study.regions[0]!));
  expect(region.properties.region.enum).toEqual(ANATOMICAL_REGIONS);
  for (const field of schema.required)
    expect(() => parseRegionStudy(JSON.stringify({ ...study, [field]: undefined }), 'f')).toThrow(
      `"${field}"`,
    );
  for (const split of schema.properties.split.enum)
    expect(parseRegionStudy(JSON.stringify({ ...study, split }), 'f').split).toBe(split);
});
