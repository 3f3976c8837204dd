import { ANATOMICAL_REGIONS } from '@crrg/core';
import { formatRrgHeader, formatRrgRow, rrgRowToStudy } from '@crrg/datasets';
import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { temporaryFile, TEXT_LIMITS } from '../read-score-files.js';

const row = (image: string) => ({
  subject: '10',
  study: '50',
  image,
  path: `/films/${image}.jpg`,
  regions: ANATOMICAL_REGIONS.map((region, at) => ({
    region,
    box: at === 3 ? null : { x1: at, y1: 2, x2: at + 5, y2: 40.5 },
    text: at % 9 === 0 ? `It's "${at}".` : '',
    abnormal: at % 5 === 0,
  })),
  referenceReport: 'Clear, "quoted".\nTwo lines.',
});

const SEEDS = (['train', 'test'] as const).map((table) =>
  utf8(formatRrgHeader(table) + ['a', 'b'].map((image) => formatRrgRow(row(image), table)).join('')),
);

/** Tables of RGRG, whose list cells are Python literals. */
export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(() => Promise.resolve(SEEDS), TEXT_MUTATORS, BYTE_MUTATORS),
  read: async (bytes) => {
    const { readRrgCsv } = await import('@crrg/datasets/node');
    for await (const each of readRrgCsv(await temporaryFile('case.csv', bytes)))
      rrgRowToStudy(each, { split: 'train' });
  },
};
