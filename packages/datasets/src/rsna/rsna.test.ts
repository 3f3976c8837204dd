import { greyImage } from '@crrg/image';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../table/read-csv.js';
import { readRsnaPatients } from './patients.js';
import { pictureSize, toRsnaPicture } from './picture.js';
import { resizeLinear, resizeLinearBytes } from './resize-linear.js';
import { splitRsna } from './split.js';
import { formatRsnaTable, parseClassificationRow } from './table.js';

const HEADER = 'patientId,x,y,width,height,Target\n';
const labels = (text: string) => parseCsv(HEADER + text, 'labels.csv');
const classes = (text: string) => parseCsv(`patientId,class\n${text}`, 'classes.csv');

describe('the patients of RSNA', () => {
  it('have one entry however many boxes there are, sorted by id', async () => {
    const patients = await readRsnaPatients(
      labels('b,1,2,3,4,1\na,,,,,0\nb,5.5,6,1,1,1\n'),
      classes('b,Lung Opacity\na,Normal\nb,Lung Opacity\n'),
    );
    expect(patients).toEqual([
      { id: 'a', boxes: [], detail: 'Normal' },
      {
        id: 'b',
        boxes: [
          { x1: 1, y1: 2, x2: 4, y2: 6 },
          { x1: 5.5, y1: 6, x2: 6.5, y2: 7 },
        ],
        detail: 'Lung Opacity',
      },
    ]);
  });

  it('are negative where they are not normal without an opacity', async () => {
    const patients = await readRsnaPatients(labels('a,,,,,0\n'), classes('a,No Lung Opacity / Not Normal\n'));
    const table = formatRsnaTable(patients, [0], (id) => `${id}.jpg`);
    expect(table).toBe(',patientId,bbox,label,class,image\n0,a,,0,Normal,a.jpg\n');
  });

  it.each([
    ['a box where Target is 0', 'a,1,2,3,4,0\n', '', 'line 2: expected no box'],
    ['no box where Target is 1', 'a,,,,,1\n', '', 'line 2: expected a value for x'],
    ['a box without a size', 'a,1,2,0,4,1\n', '', 'line 2: expected a box with a width'],
    ['a second row without a box', 'a,1,1,1,1,1\na,,,,,0\n', '', 'line 3: expected one row'],
    ['another Target', 'a,,,,,2\n', '', 'line 2: expected 0, 1'],
    ['another class', 'a,,,,,0\n', 'a,Pneumonia\n', 'classes.csv: line 2: expected Lung Opacity'],
    ['two classes', 'a,,,,,0\n', 'a,Normal\na,Lung Opacity\n', 'classes.csv: line 3: expected one class'],
    [
      'a class against the box',
      'a,,,,,0\n',
      'a,Lung Opacity\n',
      'labels.csv: line 2: expected a box exactly',
    ],
  ])('are refused with file and line for %s', async (_, labelRows, classRows, message) => {
    await expect(readRsnaPatients(labels(labelRows), classes(classRows))).rejects.toThrow(message);
  });
});

describe('the table of a split of RSNA', () => {
  it('has places in the sorted list as row numbers, boxes as floats', async () => {
    const patients = await readRsnaPatients(labels('a,,,,,0\nb,1,2,3,4,1\n'));
    expect(formatRsnaTable(patients, [1], (id) => `jpeg/${id}.jpg`)).toBe(
      ',patientId,bbox,label,class,image\n1,b,"[[1.0, 2.0, 4.0, 6.0]]",1,Pneumonia,jpeg/b.jpg\n',
    );
  });

  it('is read back, as are lists of labels, classes and images', () => {
    const table = [
      ',patientId,bbox,label,class,image',
      '1,b,"[[1.0, 2.0, 4.0, 6.0]]",1,Pneumonia,b.jpg',
      `0,,,"[0, 1.0]","['x', 'y']","['c.jpg', 'd.jpg']"`,
    ];
    expect(parseCsv(table.join('\n'), 'F').map(parseClassificationRow)).toEqual([
      {
        patient: 'b',
        boxes: [{ x1: 1, y1: 2, x2: 4, y2: 6 }],
        labels: [1],
        classes: 'Pneumonia',
        image: 'b.jpg',
      },
      { patient: undefined, boxes: [], labels: [0, 1], classes: ['x', 'y'], image: 'c.jpg' },
    ]);
  });

  it('is refused with its line for a label that is no number, a box of three numbers, an empty list of images', () => {
    const read = (cells: string) =>
      parseCsv(`bbox,label,class,image\n${cells}\n`, 'F').map(parseClassificationRow);
    expect(() => read(`,'yes',x,a.jpg`)).toThrow(
      'F: line 2: expected a number or a list of numbers for label',
    );
    expect(() => read(`"[[1, 2, 3]]",1,x,a.jpg`)).toThrow('F: line 2: expected a list of [x1, y1, x2, y2]');
    expect(() => read(`,1,x,[]`)).toThrow('F: line 2: expected an image');
  });
});

describe('the split of RSNA', () => {
  it('holds out 30 % rounded up; of these the rounded-up half in the order of a second draw is for validation', () => {
    const { train, valid, test } = splitRsna(21);
    expect([train.length, [...valid], [...test]]).toEqual([14, [14, 20, 13, 1], [8, 10, 11]]);
    expect([...train].slice(0, 6)).toEqual([18, 6, 19, 4, 2, 5]);
  });

  it('has 18,678, 4,003 and 4,003 of the 26,684 patients, each once', () => {
    const { train, valid, test } = splitRsna(26_684);
    expect([train.length, valid.length, test.length]).toEqual([18_678, 4003, 4003]);
    expect(new Set([...train, ...valid, ...test]).size).toBe(26_684);
  });
});

describe('the picture of a film', () => {
  it('has a shorter side of 512, the other one cut off; 511 where the division falls short', () => {
    expect(pictureSize({ width: 1024, height: 1024 })).toEqual({ width: 512, height: 512 });
    expect(pictureSize({ width: 400, height: 300 })).toEqual({ width: 682, height: 512 });
    expect(pictureSize({ width: 49, height: 60 })).toEqual({ width: 511, height: 626 });
  });

  it('is bilinear with aligned centres, neither Lanczos nor smoothed when shrunk', () => {
    const four = greyImage(4, 1, Uint8Array.of(0, 100, 200, 40));
    expect([...resizeLinear(four, { width: 2, height: 1 })]).toEqual([50, 120]);
    const two = greyImage(2, 1, Uint8Array.of(0, 100));
    expect([...resizeLinear(two, { width: 4, height: 1 })]).toEqual([0, 25, 75, 100]);
  });

  it('of whole numbers is rounded in fixed point as OpenCV does', () => {
    const two = greyImage(2, 1, Uint8Array.of(0, 101));
    expect([...resizeLinearBytes(two, { width: 4, height: 1 })]).toEqual([0, 25, 76, 101]);
    const tall = greyImage(1, 2, Uint8Array.of(213, 0));
    expect([...resizeLinearBytes(tall, { width: 1, height: 4 })]).toEqual([213, 160, 53, 0]);
  });

  it('spans 0 to 255 with fractions cut off, whatever the greys of the film', () => {
    const data = Uint16Array.from({ length: 512 * 512 }, (_, at) => 1000 + (at % 4) * 100);
    const { data: greys, bitDepth } = toRsnaPicture(greyImage(512, 512, data));
    expect([bitDepth, [...greys.slice(0, 4)]]).toEqual([8, [0, 85, 170, 255]]);
    data[0] = 1001;
    expect(toRsnaPicture(greyImage(512, 512, data)).data[0]).toBe(0);
  });

  it('of 8 bits is made from the stored numbers where their span is known', () => {
    const stored = Uint8Array.from({ length: 512 * 512 }, (_, at) => at % 3);
    const film = greyImage(
      512,
      512,
      stored.map((value) => Math.round((value * 255) / 2)),
    );
    expect([...toRsnaPicture(film, { low: 0, high: 2 }).data.slice(0, 3)]).toEqual([0, 127, 255]);
    expect([...toRsnaPicture(film).data.slice(0, 3)]).toEqual([0, 128, 255]);
  });

  it('of equal pixels is refused', () => {
    expect(() => toRsnaPicture(greyImage(40, 40, new Uint8Array(1600)))).toThrow('got equal pixels');
  });
});
