import { ANATOMICAL_REGIONS, DataError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import type { RegionAnnotation } from '../region-study.js';
import { formatRrgHeader, formatRrgRow } from './csv-out.js';
import { joinPath, splitOfTable, tableOfImage, type RrgRow } from './row.js';
import { countReversedBoxes, rrgRowToStudy, studyToRrgRow } from './to-study.js';

const box = { x1: 1, y1: 2, x2: 3, y2: 4 };
const regions = (change: Partial<Record<string, Partial<RegionAnnotation>>> = {}): RegionAnnotation[] =>
  ANATOMICAL_REGIONS.map((region) => ({ region, box, text: '', abnormal: false, ...change[region] }));
const row = (change?: Parameters<typeof regions>[0], referenceReport: string | null = null): RrgRow => ({
  subject: '10',
  study: '50',
  image: 'a-b',
  path: 'root/files/a-b.jpg',
  regions: regions(change),
  referenceReport,
});

describe('the table of an image', () => {
  const complete = regions();
  const lacking = regions({ carina: { box: null } });

  it('is train for all of train', () => {
    expect(tableOfImage('train', complete)).toBe('train');
    expect(tableOfImage('train', lacking)).toBe('train');
  });

  it('is valid only for images with all 29 boxes', () => {
    expect(tableOfImage('valid', complete)).toBe('valid');
    expect(tableOfImage('valid', lacking)).toBeUndefined();
  });

  it('is test-2 for test images that lack a box', () => {
    expect(tableOfImage('test', complete)).toBe('test');
    expect(tableOfImage('test', lacking)).toBe('test-2');
    expect(splitOfTable('test-2')).toBe('test');
  });
});

describe('a row of a table', () => {
  it('has no reference report in train, and one as the last column elsewhere; lines end in CR LF', () => {
    expect(formatRrgHeader('train')).toBe(
      'subject_id,study_id,image_id,mimic_image_file_path,bbox_coordinates,bbox_labels,bbox_phrases,bbox_phrase_exists,bbox_is_abnormal\r\n',
    );
    expect(formatRrgHeader('test-2').endsWith('bbox_is_abnormal,reference_report\r\n')).toBe(true);
    expect(formatRrgRow(row({}, 'a, "b"'), 'valid').endsWith('False]","a, ""b"""\r\n')).toBe(true);
  });

  it('lists boxes and labels (region + 1) where there is a box, phrases and flags for all 29', () => {
    const change = { carina: { box: null, text: "It's \u200bwide.", abnormal: true } };
    const cells = formatRrgRow(row(change), 'train').split('"[');
    expect(cells[1]).toBe(`[${Array(28).fill('[1, 2, 3, 4]').join(', ')}]",`.slice(1));
    expect(cells[2]).toContain('27, 29]');
    expect(cells[3]).toContain(`'', ""It's \\u200bwide."", '']`);
    expect(cells[4]).toContain('False, True, False]');
    expect(cells[5]).toContain('False, True, False]');
  });

  it('keeps a box with x1 > x2 as it is', () => {
    const reversed = row({ 'right lung': { box: { x1: 9, y1: 2, x2: 3, y2: 4 } } });
    expect(formatRrgRow(reversed, 'train')).toContain('"[[9, 2, 3, 4], [1, 2, 3, 4]');
  });

  it('has its picture below the root', () => {
    expect(joinPath('root', 'a')).toBe('root/a');
    expect(joinPath('root/', 'a')).toBe('root/a');
  });
});

describe('a row as a region study', () => {
  it('is the same film, and comes back', () => {
    const before = row({ carina: { text: 'Wide.', abnormal: true, box: null } }, 'Findings.');
    const study = rrgRowToStudy(before, { split: 'test', view: 'AP' });
    expect(study).toMatchObject({
      image: 'root/files/a-b.jpg',
      id: 'a-b',
      patient: '10',
      study: '50',
      split: 'test',
      view: 'AP',
      report: 'Findings.',
    });
    expect(studyToRrgRow(study)).toEqual(before);
  });

  it('has no box where the corners are not in order, which is counted', () => {
    const reversed = row({ svc: { box: { x1: 3, y1: 2, x2: 1, y2: 4 } }, carina: { box: null } });
    expect(countReversedBoxes(reversed)).toBe(1);
    expect(rrgRowToStudy(reversed, { split: 'train' }).regions[23]!.box).toBeNull();
  });

  it('gives regions that were not annotated as regions without box and text, and needs a patient and a study', () => {
    const study = { ...rrgRowToStudy(row(), { split: 'train' }), regions: regions().slice(3, 4) };
    const back = studyToRrgRow(study).regions;
    expect(back).toHaveLength(29);
    expect([back[0]!.box, back[3]!.box]).toEqual([null, box]);
    expect(() => studyToRrgRow({ ...study, patient: null })).toThrow(DataError);
    expect(() => studyToRrgRow({ ...study, study: null })).toThrow('expected a study');
  });
});
