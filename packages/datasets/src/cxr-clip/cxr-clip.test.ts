import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../table/read-csv.js';
import { drawImagePair, drawTextPair, imagePairGroups, textPairs, type ImagePairOptions } from './draws.js';
import { parseEvaluationRecord } from './evaluation.js';
import { buildCxrClipRows, readMimicStudyImages, type MimicStudyRow } from './mimic-studies.js';
import { cxrClipSections } from './report-sections.js';
import { formatCxrClipTable, parseCxrClipRow, type CxrClipRow } from './row.js';

const study = (
  byView: Record<string, string[]>,
  others: string[] = [],
  texts: Partial<CxrClipRow> = {},
): CxrClipRow => ({
  images: [...Object.values(byView).flat(), ...others],
  views: Object.keys(byView),
  byView: new Map(Object.entries(byView)),
  sections: ['s'],
  augmented: undefined,
  labels: undefined,
  ...texts,
});
const pairs = (row: CxrClipRow, options: Partial<ImagePairOptions> = {}) =>
  imagePairGroups(row, { isTraining: true, ...options })
    .flat()
    .map((pair) => pair.join(''));

describe('the images of a study', () => {
  const three = study({ AP: ['a', 'b'], PA: ['p'], Lateral: ['l'] });

  it('of three views come from two different ones', () => {
    expect(pairs(three)).toEqual(['ap', 'bp', 'al', 'bl', 'pa', 'pb', 'pl', 'la', 'lb', 'lp']);
  });

  it('of three views stay within one in the reference, which overwrites its list: its first two images, or its only one twice', () => {
    expect(pairs(three, { threeViews: 'reference' })).toEqual(['ab', 'pp', 'll']);
  });

  it('of two views are any two of the study, also of views without a column', () => {
    expect(pairs(study({ AP: ['a'], PA: ['p'] }, ['x']))).toEqual(['ap', 'ax', 'pa', 'px', 'xa', 'xp']);
  });

  it('of one view are of that view alone, a single one twice', () => {
    expect(pairs(study({ AP: ['a', 'b'] }, ['x']))).toEqual(['ab', 'ba']);
    expect(pairs(study({ AP: ['a'] }, ['x']))).toEqual(['aa']);
  });

  it('of no view are any of the study', () => {
    expect(pairs(study({}, ['x', 'y']))).toEqual(['xy', 'yx']);
  });

  it('are the first two in validation', () => {
    expect(pairs(study({ AP: ['a', 'b', 'c'] }), { isTraining: false })).toEqual(['ab']);
    expect(pairs(study({ AP: ['a'], PA: ['p'] }, ['x']), { isTraining: false })).toEqual(['ap']);
  });

  it('of a table without columns of views are the first two, in training too', () => {
    expect(pairs({ ...study({}, ['x', 'y', 'z']), views: undefined })).toEqual(['xy']);
  });

  it('are drawn view by view, so that a view with many films is not drawn more often', () => {
    const random = createRandom(1);
    const wide = study({ AP: [...'abcdefghi'], PA: ['p'], Lateral: ['l'] });
    const firsts = Array.from({ length: 3000 }, () => drawImagePair(wide, { isTraining: true }, random)[0]);
    const share = firsts.filter((image) => image === 'p').length / 3000;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04);
  });
});

describe('the texts of a study', () => {
  const texts = (sections: string[], augmented?: string[]) =>
    textPairs(study({}, ['x'], { sections, augmented })).map((pair) => pair.join(''));

  it('of two sections are any two, the same twice too, each translated back or not', () => {
    expect(texts(['f', 'i'])).toEqual(['ff', 'fi', 'if', 'ii']);
    expect(texts(['f', 'i'], ['F', 'I'])).toHaveLength(16);
    expect(texts(['f', 'i'], ['F', 'I'])).toContain('Fi');
  });

  it('of one section are it and its back-translation, in either order; without one it twice', () => {
    expect(texts(['f'], ['F'])).toEqual(['fF', 'Ff']);
    expect(new Set(texts(['f']))).toEqual(new Set(['ff']));
  });

  it('are drawn each as likely', () => {
    const random = createRandom(2);
    const row = study({}, ['x'], { sections: ['f', 'i'], augmented: ['F', 'I'] });
    const drawn = new Set(Array.from({ length: 400 }, () => drawTextPair(row, random).join('')));
    expect(drawn.size).toBe(16);
  });

  it('are refused where there is no section', () => {
    expect(() => texts([])).toThrow('expected a section, got none');
  });
});

describe('a pre-training table', () => {
  const columns = 'image,view,AP,PA,Lateral,text,text_augment';
  const read = (cells: string, header = columns) =>
    parseCxrClipRow(parseCsv(`,${header}\n0,${cells}`, 'F')[0]!);

  it('is read as it is written', () => {
    const rows = [
      study({ PA: ["it's.jpg"], Lateral: ['l'] }, ['x'], { sections: ['a "b"', 'c'], augmented: ['d', 'e'] }),
      study({}, ['x'], { augmented: ['t'] }),
    ];
    const table = formatCxrClipTable(rows);
    expect(table.split('\n')[2]).toBe("1,['x'],[],,,,['s'],['t']");
    expect(parseCsv(table, 'F').map(parseCxrClipRow)).toEqual(rows);
  });

  it('may call its third view LATERAL, in the column and in `view`', () => {
    const row = study({ Lateral: ['l'] });
    const table = formatCxrClipTable([row], { lateral: 'LATERAL' });
    expect(table.split('\n')[0]).toBe(',image,view,AP,PA,LATERAL,text');
    expect(parseCsv(table, 'F').map(parseCxrClipRow)[0]!.views).toEqual(['LATERAL']);
  });

  it('finds the column of a view whatever its capitals, where the reference fails', () => {
    expect(read("['l'],['LATERAL'],,,['l'],['s'],['t']").byView.get('LATERAL')).toEqual(['l']);
  });

  it('takes a bare text as a list of one, where the reference takes its letters', () => {
    expect(read("['x'],[],,,,No effusion.,['t']").sections).toEqual(['No effusion.']);
  });

  it('may hold labels in the place of texts: three lists, or positives alone', () => {
    const header = 'image,text_label';
    expect(read(`['x'],"[['A'], [], ['B']]"`, header).labels).toEqual({
      positive: ['A'],
      negative: [],
      uncertain: ['B'],
    });
    expect(read(`['x'],"['A', 'B']"`, header)).toMatchObject({
      labels: { positive: ['A', 'B'], negative: [], uncertain: [] },
      views: undefined,
      sections: undefined,
    });
  });

  it.each([
    ['no image', "[],[],,,,['s'],['t']", 'expected an image'],
    ['a view without a column', "['x'],['LL'],,,,['s'],['t']", 'expected a column for each view'],
    [
      'a view without images',
      "['x'],['AP'],,,,['s'],['t']",
      'expected images of each view, got none in the column AP',
    ],
    [
      'fewer back-translations than sections',
      "['x'],[],,,,\"['s', 't']\",['t']",
      'expected a back-translation of each of 2',
    ],
    ['a list of numbers', '[1],[],,,,[],[]', 'expected a list of texts for image'],
    ['a list that is not closed', "['x',[],,,,[],[]", 'expected a Python literal for image'],
  ])('is refused with file and line for %s', (_, cells, message) => {
    expect(() => read(cells)).toThrow(`F: line 2: ${message}`);
  });

  it('in evaluation gives the first image and the sections as one text; as the reference, the cell with its brackets', () => {
    const [row] = parseCsv(`,image,text\n0,"['a', 'b']","['Clear.', 'Normal.']"`, 'F');
    expect(parseEvaluationRecord(row!)).toEqual({ image: 'a', text: 'Clear. Normal.' });
    expect(parseEvaluationRecord(row!, true)).toEqual({ image: 'a', text: "['Clear.', 'Normal.']" });
  });
});

describe('findings and impression of a report', () => {
  it('reach from the first FINDINGS: to the next IMPRESSION:, and from there to the end, white space collapsed', () => {
    const report =
      'IMPRESSION: early\n FINDINGS:\n  Clear\tlungs.\u00a0\n IMPRESSION: None.\n FINDINGS: more\n IMPRESSION: x\n';
    expect(cxrClipSections(report)).toEqual(['Clear lungs.', 'None. FINDINGS: more IMPRESSION: x']);
  });

  it('are none where one is absent, empty or in small letters, or the impression comes first', () => {
    for (const report of [
      'FINDINGS: a',
      'IMPRESSION: a',
      'FINDINGS: \n IMPRESSION: a',
      'FINDINGS: a IMPRESSION:\n',
      'IMPRESSION: a FINDINGS: b',
      'Findings: a Impression: b',
    ])
      expect(cxrClipSections(report)).toBeUndefined();
  });
});

describe('the pre-training rows of MIMIC-CXR', () => {
  const metadata = (lines: string) => parseCsv(`dicom_id,subject_id,study_id,ViewPosition\n${lines}`, 'M');
  const splits = (lines: string) => parseCsv(`dicom_id,study_id,subject_id,split\n${lines}`, 'S');
  const REPORT = 'FINDINGS: f IMPRESSION: i';

  async function rows(metadataLines: string, splitLines: string, reports: Record<string, string>) {
    const unsplit: string[] = [];
    const studies = await readMimicStudyImages(
      metadata(metadataLines),
      splits(splitLines),
      (id) => void unsplit.push(id),
    );
    const built: MimicStudyRow[] = [];
    const folders = {
      readReport: async (_: string, id: string) => reports[id],
      pathOf: (subject: string, id: string, image: string) => `${subject}/${id}/${image}`,
    };
    for await (const row of buildCxrClipRows(studies, folders)) built.push(row);
    return { built, unsplit };
  }

  it('come by subject and study, images by id, views in their order; LL and blank views have no column', async () => {
    const { built } = await rows(
      'c,11,52,AP\nb,11,52,LL\nd,11,52,LATERAL\na,11,52,\nx,10,53,PA\n',
      'x,53,10,test\na,52,11,train\n',
      { 52: REPORT, 53: REPORT },
    );
    expect(built.map(({ study: id, split }) => [id, split])).toEqual([
      ['53', 'test'],
      ['52', 'train'],
    ]);
    expect(built[1]).toMatchObject({
      row: {
        images: ['11/52/a', '11/52/b', '11/52/c', '11/52/d'],
        views: ['AP', 'Lateral'],
        byView: new Map([
          ['AP', ['11/52/c']],
          ['Lateral', ['11/52/d']],
        ]),
        sections: ['f', 'i'],
      },
    });
  });

  it('leave out studies without a report or a section, and say why; studies without a split are named', async () => {
    const { built, unsplit } = await rows('a,1,1,AP\nb,1,2,AP\nc,1,3,AP\n', 'a,1,1,train\nb,2,1,train\n', {
      2: 'IMPRESSION: x',
    });
    expect(built).toEqual([
      { subject: '1', study: '1', split: 'train', dropped: 'no report file' },
      { subject: '1', study: '2', split: 'train', dropped: 'not both sections' },
    ]);
    expect(unsplit).toEqual(['3']);
  });

  it('are refused with file and line for an image twice, a study of two subjects or splits, another split', async () => {
    await expect(rows('a,1,1,AP\na,1,1,AP\n', '', {})).rejects.toThrow('M: line 3: expected each image once');
    await expect(rows('a,1,1,AP\nb,2,1,AP\n', '', {})).rejects.toThrow(
      'M: line 3: expected a study of one subject',
    );
    await expect(rows('', 'a,1,1,train\nb,1,1,test\n', {})).rejects.toThrow(
      'S: line 3: expected a study in one',
    );
    await expect(rows('', 'a,1,1,valid\n', {})).rejects.toThrow('S: line 2: expected train, validate, test');
  });
});
