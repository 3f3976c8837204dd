import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS, DataError } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPythonCsvRow, formatPythonLiteral } from '../python/index.js';
import { REQUIRED_RRG_COLUMNS } from './csv-in.js';
import { formatRrgHeader, formatRrgRow } from './csv-out.js';
import { readRrgCsv } from './read-csv.js';
import type { RrgRow } from './row.js';

const row: RrgRow = {
  subject: '10',
  study: '50',
  image: 'a-b',
  path: 'root/a-b.jpg',
  regions: ANATOMICAL_REGIONS.map((region, at) => ({
    region,
    box: at === 3 ? null : { x1: at, y1: 2, x2: 3, y2: 4.5 },
    text: at % 2 === 0 ? '' : `It's "${at}"\n\u200b.`,
    abnormal: at % 3 === 0,
  })),
  referenceReport: 'Line one,\r\nline "two".',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-rrg-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string): Promise<RrgRow[]> {
  const file = path.join(folder, 't.csv');
  await writeFile(file, content);
  const rows: RrgRow[] = [];
  for await (const each of readRrgCsv(file)) rows.push(each);
  return rows;
}

/** A table with one row whose cells are good but for one column. */
function tableWith(column: string, cell: string): string {
  const texts = ANATOMICAL_REGIONS.map(() => '');
  const flags = texts.map(() => false);
  const good: Record<string, string> = {
    subject_id: '10',
    study_id: '50',
    image_id: 'a',
    mimic_image_file_path: 'a.jpg',
    bbox_coordinates: '[[1, 2, 3, 4]]',
    bbox_labels: '[28]',
    bbox_phrases: formatPythonLiteral(texts),
    bbox_phrase_exists: formatPythonLiteral(flags),
    bbox_is_abnormal: formatPythonLiteral(flags),
  };
  const cells = REQUIRED_RRG_COLUMNS.map((name) => (name === column ? cell : good[name]!));
  return formatRrgHeader('train') + formatPythonCsvRow(cells);
}

describe('a table of RGRG', () => {
  it('reads back as it was written: list cells are Python literals (trap T14)', async () => {
    const rows = await read(formatRrgHeader('test') + formatRrgRow(row, 'test').repeat(2));
    expect(rows).toEqual([row, row]);
    const [train] = await read(formatRrgHeader('train') + formatRrgRow(row, 'train'));
    expect(train).toEqual({ ...row, referenceReport: null });
  });

  it('goes by the names of its columns, and may have more', async () => {
    const [header, cells] = [formatRrgHeader('train'), formatRrgRow(row, 'train')];
    const [back] = await read(`extra,${header}x,${cells}`);
    expect(back!.regions).toEqual(row.regions);
  });

  it('puts boxes by their labels, in any order', async () => {
    const [back] = await read(tableWith('bbox_labels', '[28]'));
    expect(back!.regions[27]!.box).toEqual({ x1: 1, y1: 2, x2: 3, y2: 4 });
    expect(back!.regions.filter(({ box }) => box !== null)).toHaveLength(1);
  });

  it('is refused with file, line and column, without what the cell holds', async () => {
    const twentyNine = (item: string) => `[${Array(29).fill(item).join(', ')}]`;
    const cases: [string, string, string][] = [
      ['image_id', '', 'expected a value for image_id'],
      [
        'bbox_coordinates',
        "['secret",
        'bbox_coordinates: expected a list as Python writes it, got none at character 9',
      ],
      ['bbox_coordinates', '7', 'bbox_coordinates: expected a list'],
      ['bbox_coordinates', '[[1, 2, 3]]', 'bbox_coordinates: expected 4 numbers for box 1'],
      ['bbox_coordinates', '[]', 'bbox_labels: expected one a box (0), got 1'],
      ['bbox_labels', '[30]', 'bbox_labels: expected whole numbers from 1 to 29'],
      ['bbox_labels', '[1.5]', 'bbox_labels: expected whole numbers from 1 to 29'],
      ['bbox_phrases', "['secret']", 'bbox_phrases: expected a list of 29 texts'],
      ['bbox_phrases', twentyNine('1'), 'bbox_phrases: expected a list of 29 texts'],
      ['bbox_phrases', twentyNine("'secret'"), 'bbox_phrase_exists: expected True for phrase 1'],
      ['bbox_phrase_exists', twentyNine('True'), 'bbox_phrase_exists: expected False for phrase 1'],
      ['bbox_is_abnormal', twentyNine('0'), 'bbox_is_abnormal: expected a list of 29 values True or False'],
    ];
    for (const [column, cell, message] of cases) {
      const refusal = await read(tableWith(column, cell)).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DataError);
      expect((refusal as DataError).message).toContain(`t.csv: line 2: ${message}`);
      expect((refusal as DataError).message).not.toContain('secret');
    }
    const twice = tableWith('bbox_labels', '[28, 28]').replace(
      '[[1, 2, 3, 4]]',
      '[[1, 2, 3, 4], [1, 2, 3, 4]]',
    );
    await expect(read(twice)).rejects.toThrow('line 2: bbox_labels: expected each label once');
    await expect(read('subject_id\n1\n')).rejects.toThrow('expected the columns');
  });
});
