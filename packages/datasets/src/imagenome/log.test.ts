import { ANATOMICAL_REGIONS } from '@crrg/core';
import { expect, it } from 'vitest';
import { addToLog, emptyLog, formatLog } from './log.js';
import type { ImageOutcome, ListedImage, SkipReason } from './outcomes.js';

const listed: ListedImage = {
  split: 'test',
  where: 'test.csv: line 2',
  subject: '10000001',
  study: '50000001',
  image: 'a',
  path: 'files/p10/a.jpg',
  view: 'AP',
};
const skipped = (reason: SkipReason, regionsWithoutBox?: number): ImageOutcome => ({
  kind: 'skipped',
  listed,
  reason,
  regionsWithoutBox,
});

it('counts lists, missing files and boxes as the reference does: missing boxes are faulty ones, other reasons are in no count', () => {
  const regions = ANATOMICAL_REGIONS.map((region, at) => ({
    region,
    box: at < 3 ? null : { x1: 1, y1: 1, x2: 2, y2: 2 },
    text: '',
    abnormal: false,
  }));
  const { subject, study, image, path } = listed;
  const row = { subject, study, image, path, regions, referenceReport: '' };
  const log = emptyLog('test');
  const outcomes: ImageOutcome[] = [
    { kind: 'row', listed, table: 'test-2', row },
    skipped('ignored image'),
    skipped('image to avoid'),
    skipped('no picture'),
    skipped('no report file'),
    skipped('excepted study'),
    skipped('no findings section'),
    skipped('region without box', 2),
  ];
  for (const outcome of outcomes) addToLog(log, outcome, 'jpg');
  expect(formatLog(log)).toBe(
    [
      'test:',
      '\tnum_images_ignored_or_avoided: 2',
      '\tnum_missing_images: 1',
      '\t\tmissing_img: jpg/files/p10/a.jpg',
      '\tnum_missing_reports: 1',
      '\t\tmissing_rep: p10/p10000001/s50000001.txt',
      '\tnum_faulty_bboxes: 5',
      '\tnum_images_without_29_regions: 2',
      '\n',
    ].join('\n'),
  );
});
