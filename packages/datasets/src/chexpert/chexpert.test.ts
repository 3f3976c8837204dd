import { describe, expect, it } from 'vitest';
import { createSkipCounts } from '../studies/skips.js';
import { parseCsv } from '../table/read-csv.js';
import { parseFiveBy200Record } from './five-by-200.js';
import {
  CHEXPERT_LABELS,
  chexpertPromptLabels,
  parseLabelStates,
  readChexpertStudies,
  readFiveBy200Patients,
} from './studies.js';
import { chexpertRow } from './table.js';

const HEADER = `Path,Sex,Age,Frontal/Lateral,AP/PA,${CHEXPERT_LABELS.join(',')}`;
const film = (path: string, side: string, projection: string, labels = '1.0,0.0,-1.0') =>
  `C/train/${path},Male,30,${side},${projection},${labels}${','.repeat(11)}`;
const rowsOf = (...lines: string[]) => parseCsv([HEADER, ...lines].join('\n'), 'F');

describe('the studies of CheXpert', () => {
  it('have labels 1 there, 0 not there, -1 uncertain; blank cells say nothing', () => {
    const [row] = rowsOf(film('patient1/study1/view1_frontal.jpg', 'Frontal', 'AP'));
    const states = parseLabelStates(row!);
    expect([...states]).toEqual([
      ['No Finding', 'positive'],
      ['Enlarged Cardiomediastinum', 'negative'],
      ['Cardiomegaly', 'uncertain'],
    ]);
    expect(chexpertPromptLabels(states)).toEqual({
      positive: ['No Finding'],
      negative: ['Enlarged Cardiomediastinum'],
      uncertain: ['Cardiomegaly'],
    });
  });

  it('have all their films; side views marked as LL stand in no column of a view', async () => {
    const [study, second] = await readChexpertStudies(
      rowsOf(
        film('patient1/study1/a.jpg', 'Frontal', 'PA'),
        film('patient1/study2/d.jpg', 'Frontal', 'AP'),
        film('patient1/study1/b.jpg', 'Lateral', ''),
        film('patient1/study1/c.jpg', 'Lateral', 'LL'),
      ),
    );
    expect([study!.patient, study!.study, second!.study]).toEqual(['patient1', 'study1', 'study2']);
    const { images, views, byView } = chexpertRow(study!);
    expect(images).toEqual([
      'C/train/patient1/study1/a.jpg',
      'C/train/patient1/study1/b.jpg',
      'C/train/patient1/study1/c.jpg',
    ]);
    expect(views).toEqual(['PA', 'Lateral']);
    expect([...byView.values()]).toEqual([
      ['C/train/patient1/study1/a.jpg'],
      ['C/train/patient1/study1/b.jpg'],
    ]);
  });

  it('leave out patients of the test set, whatever their study, and count the rows', async () => {
    const excluded = await readFiveBy200Patients(
      parseCsv('Path\nCheXpert-v1.0/train/patient1/study9/view1_frontal.jpg\n', 'T'),
    );
    const skips = createSkipCounts();
    const rows = rowsOf(
      film('patient1/study1/a.jpg', 'Frontal', 'AP'),
      film('patient1/study2/a.jpg', 'Frontal', 'AP'),
      film('patient2/study1/a.jpg', 'Frontal', 'AP'),
    );
    const studies = await readChexpertStudies(rows, excluded, skips);
    expect(studies.map(({ patient }) => patient)).toEqual(['patient2']);
    expect(skips.counts).toEqual({ 'patient of the test set': 2 });
  });

  it.each([
    ['another label', [film('p/s/a.jpg', 'Frontal', 'AP', '2.0,,')], 'line 2: expected 1.0, 0.0, -1.0'],
    ['a path without folders', ['a.jpg,Male,30,Frontal,AP'], 'line 2: expected a path of patient'],
    ['another side', [film('p/s/a.jpg', 'Side', '')], 'line 2: expected Frontal, Lateral'],
    [
      'a film listed twice',
      [film('p/s/a.jpg', 'Frontal', 'AP'), film('p/s/a.jpg', 'Frontal', 'AP')],
      'line 3: expected each film once',
    ],
    [
      'films of a study that are labelled differently',
      [film('p/s/a.jpg', 'Frontal', 'AP'), film('p/s/b.jpg', 'Frontal', 'AP', '1.0,0.0,')],
      'line 3: expected the labels of F: line 2',
    ],
  ])('are refused with file and line for %s', async (_, lines, message) => {
    await expect(readChexpertStudies(rowsOf(...lines))).rejects.toThrow(`F: ${message}`);
  });
});

describe('a film of CheXpert 5x200', () => {
  const read = (values: string) =>
    parseFiveBy200Record(
      parseCsv(
        `,Path,Atelectasis,Cardiomegaly,Consolidation,Edema,Pleural Effusion,Report Impression\n7,p/s/a.jpg,${values},a text`,
        'F',
      )[0]!,
    );

  it('has the class that is 1, of two the last', () => {
    expect(read('0.0,1.0,0.0,0.0,0.0')).toEqual({
      image: 'p/s/a.jpg',
      text: 'a text',
      label: 'Cardiomegaly',
      labelIndex: 1,
    });
    expect(read('1.0,0.0,0.0,1,0.0').label).toBe('Edema');
  });

  it('is refused without a class', () => {
    expect(() => read('0.0,0.0,,0.0,0.0')).toThrow('F: line 2: expected 1 for one of five classes');
  });
});
