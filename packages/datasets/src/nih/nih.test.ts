import { describe, expect, it } from 'vitest';
import { parseCsv } from '../table/read-csv.js';
import { readNihBoxes } from './boxes.js';
import { parseNihAge, readNihEntries, type NihEntry } from './entries.js';
import { parseNihList, splitNih } from './split.js';
import { formatNihTable } from './table.js';

const HEADER =
  'Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]';

async function entriesOf(lines: readonly string[], end = ''): Promise<NihEntry[]> {
  const text = [HEADER, ...lines].map((line) => `${line}${end}\n`).join('');
  const entries: NihEntry[] = [];
  for await (const entry of readNihEntries(parseCsv(text, 'F'))) entries.push(entry);
  return entries;
}

describe('the metadata of NIH ChestX-ray14', () => {
  it('give labels, person, view, size and spacing, whose headers hold a comma', async () => {
    expect(await entriesOf(['1_0.png,Hernia|Mass,2,1,058Y,F,PA,2500,2048,0.14,0.171'])).toEqual([
      {
        where: 'F: line 2',
        image: '1_0.png',
        labels: ['Hernia', 'Mass'],
        followUp: 2,
        patient: 1,
        age: 58,
        sex: 'F',
        view: 'PA',
        original: { width: 2500, height: 2048 },
        spacing: [0.14, 0.171],
      },
    ]);
  });

  it('of the older edition, with a comma at each line end, are the same', async () => {
    const lines = ['1_0.png,No Finding,0,1,58,M,AP,2500,2048,0.14,0.14'];
    expect(await entriesOf(lines, ',')).toEqual(await entriesOf(lines));
  });

  it('have ages in years, in letters too, above 120 and 0 as they stand', () => {
    const ages = ['58', '058Y', '0', '414', '006M', '018M', '012D'].map((text) => parseNihAge(text, 'F'));
    expect(ages).toEqual([58, 58, 0, 414, 0, 1, 0]);
    expect(() => parseNihAge('old', 'F: line 2')).toThrow('F: line 2: expected an age');
  });

  it.each([
    [
      'a label of another set',
      '1_0.png,Pneumonitis,0,1,58,M,AP,1,1,1,1',
      'line 2: expected one of the 14 findings',
    ],
    [
      'a finding beside No Finding',
      '1_0.png,No Finding|Mass,0,1,58,M,AP,1,1,1,1',
      'line 2: expected No Finding alone',
    ],
    ['another view', '1_0.png,Mass,0,1,58,M,LL,1,1,1,1', 'line 2: expected AP, PA for View Position'],
    ['a text for a number', '1_0.png,Mass,x,1,58,M,AP,1,1,1,1', 'line 2: expected a number for Follow-up #'],
  ])('are refused with file and line for %s', async (_, line, message) => {
    await expect(entriesOf([line])).rejects.toThrow(`F: ${message}`);
  });

  it('are refused where an image comes twice', async () => {
    const line = '1_0.png,Mass,0,1,58,M,AP,1,1,1,1';
    await expect(entriesOf([line, line])).rejects.toThrow(
      'F: line 3: expected each image once, got that of F: line 2',
    );
  });
});

describe('the boxes of NIH ChestX-ray14', () => {
  const boxes = (lines: string) =>
    readNihBoxes(parseCsv(`Image Index,Finding Label,Bbox [x,y,w,h],,,\n${lines}`, 'F'));

  it('are left, top, width, height in four columns under one name; Infiltrate is Infiltration', async () => {
    expect([...(await boxes('a.png,Infiltrate,1.5,2,3,4,,,\na.png,Mass,0,0,1,1,,,\n'))]).toEqual([
      [
        'a.png',
        [
          { label: 'Infiltration', xywh: [1.5, 2, 3, 4], box: { x1: 1.5, y1: 2, x2: 4.5, y2: 6 } },
          { label: 'Mass', xywh: [0, 0, 1, 1], box: { x1: 0, y1: 0, x2: 1, y2: 1 } },
        ],
      ],
    ]);
  });

  it('are refused with file and line without a size, a number or a finding of the set', async () => {
    await expect(boxes('a.png,Mass,1,2,0,4,,,\n')).rejects.toThrow('F: line 2: expected a box with a width');
    await expect(boxes('a.png,Mass,1,2,3,,,,\n')).rejects.toThrow(
      'F: line 2: expected a number for column 6',
    );
    await expect(boxes('a.png,Masse,1,2,3,4,,,\n')).rejects.toThrow('F: line 2: expected one of the 14');
  });
});

describe('the split of NIH ChestX-ray14', () => {
  const people = [4, 4, 3, 1, 1, 9, 2];
  const lines = people.map((patient, at) => `${patient}_${at}.png,Mass,0,${patient},58,M,AP,10,20,0.5,1`);

  it('draws patients in the order of the list, 20 % rounded up for validation, and keeps their films together', async () => {
    const { train, valid } = splitNih(await entriesOf(lines));
    // RandomState(0).permutation(5) is 2, 0, 1, 3, 4: the third patient is held out.
    expect(valid.map(({ image }) => image)).toEqual(['1_3.png', '1_4.png']);
    expect(train.map(({ image }) => image)).toEqual(['4_0.png', '4_1.png', '3_2.png', '9_5.png', '2_6.png']);
  });

  it('is written with the patient in front, whole numbers whole, spacing as floats', async () => {
    const [first] = await entriesOf(lines);
    expect(formatNihTable([first!]).split('\n')[1]).toBe('0,4,4_0.png,Mass,0,58,M,AP,10,20,0.5,1.0');
  });

  it('takes lists with any line end, and without one at the end', () => {
    expect(parseNihList('a.png\r\nb.png\n\nc.png')).toEqual(['a.png', 'b.png', 'c.png']);
  });
});
