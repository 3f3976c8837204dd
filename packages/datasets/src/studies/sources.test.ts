import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readChexpertRclipStudies } from '../chexpert/source.js';
import { CHEXPERT_LABELS } from '../chexpert/studies.js';
import { kermanyPatient, readKermanyStudies } from '../kermany/studies.js';
import { readNihStudies } from '../nih/studies.js';
import { readOpeniStudies } from '../openi/studies.js';
import { readRsnaStudies } from '../rsna/studies.js';
import { formatRclipStudy, uniqueStudies, type RclipStudy } from './rclip-study.js';
import { createSkipCounts } from './skips.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-sources-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes files below a new folder and gives its path. */
async function tree(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = path.join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  return root;
}

async function all(studies: AsyncIterable<RclipStudy>, root: string): Promise<object[]> {
  const list: object[] = [];
  for await (const study of studies)
    list.push(JSON.parse(formatRclipStudy(study).replaceAll(root, 'ROOT')) as object);
  return list;
}

describe('RSNA as studies', () => {
  const ids = [...'abcdefg'];
  const files = {
    'stage_2_train_labels.csv': `patientId,x,y,width,height,Target\n${ids.map((id) => `${id},${id === 'a' ? '1,1,1,1,1' : ',,,,0'}\n`).join('')}`,
    ...Object.fromEntries(ids.filter((id) => id !== 'g').map((id) => [`stage_2_train_images/${id}.dcm`, ''])),
  };

  it('have the drawn splits, the label of their boxes, and count missing films', async () => {
    const root = await tree('rsna', files);
    const skips = createSkipCounts();
    const studies = (await all(readRsnaStudies(root, { skips }), root)) as RclipStudy[];
    expect(studies[0]).toEqual({
      id: 'a',
      patient: 'a',
      split: 'train',
      images: ['ROOT/stage_2_train_images/a.dcm'],
      labels: { Pneumonia: 1 },
    });
    expect(studies.map(({ labels }) => labels!['Pneumonia'])).toEqual([1, 0, 0, 0, 0, 0]);
    expect(studies.filter(({ split }) => split === 'train')).toHaveLength(4);
    expect(skips.counts).toEqual({ 'image file missing': 1 });
  });

  it('have the splits of published lists, others left out and counted', async () => {
    const root = await tree('rsna-lists', {
      ...files,
      'train.csv': ',patientId\n0,b\n',
      'valid.csv': 'patientId\nc\n',
      'test.csv': 'patientId\na\n',
    });
    const lists = { train: `${root}/train.csv`, valid: `${root}/valid.csv`, test: `${root}/test.csv` };
    const skips = createSkipCounts();
    const studies = (await all(readRsnaStudies(root, { lists, skips }), root)) as RclipStudy[];
    expect(studies.map(({ id, split }) => `${id} ${split}`)).toEqual(['a test', 'b train', 'c valid']);
    expect(skips.counts).toEqual({ 'in no list': 4 });
    await writeFile(`${root}/test.csv`, 'patientId\na\nb\n');
    await expect(all(readRsnaStudies(root, { lists }), root)).rejects.toThrow(
      'test.csv: line 3: expected each patient once',
    );
  });
});

describe('NIH ChestX-ray14 as studies', () => {
  const header = 'Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position';
  const line = (patient: number, labels = 'Mass') => `${patient}.png,${labels},0,${patient},50,M,PA\n`;

  it('take the official test list and divide train_val by patient, a value for each of 14 findings', async () => {
    const root = await tree('nih', {
      'Data_Entry_2017.csv': `${header}\n${line(1, 'No Finding')}${line(2)}${line(3)}${line(4)}${line(5)}`,
      'train_val_list.txt': '2.png\n3.png\n4.png',
      'test_list.txt': '1.png\n',
      'images_001/images/1.png': '',
      'images_012/images/2.png': '',
      'images/3.png': '',
      'images/5.png': '',
    });
    const skips = createSkipCounts();
    const studies = (await all(readNihStudies(root, { skips }), root)) as RclipStudy[];
    // RandomState(0).permutation(3) begins with 2: the third patient of the list, whose film is missing, is for validation.
    expect(studies.map(({ id, split, images }) => [id, split, images[0]])).toEqual([
      ['1.png', 'test', 'ROOT/images_001/images/1.png'],
      ['2.png', 'train', 'ROOT/images_012/images/2.png'],
      ['3.png', 'train', 'ROOT/images/3.png'],
    ]);
    expect(studies[1]).toMatchObject({ patient: '2', views: ['PA'] });
    const values = studies.map(({ labels }) => Object.entries(labels!).filter(([, value]) => value === 1));
    expect(values).toEqual([[], [['Mass', 1]], [['Mass', 1]]]);
    expect(Object.keys(studies[0]!.labels!)).toHaveLength(14);
    expect(skips.counts).toEqual({ 'image file missing': 1, 'in no list': 1 });
  });
});

describe('Open-i as studies', () => {
  const xml = (uid: string, findings: string, impression: string, images: readonly string[]) =>
    `<eCitation><uId id="${uid}"/><MedlineCitation><Article><Abstract><AbstractText Label="FINDINGS">${findings}</AbstractText>` +
    `<AbstractText Label="IMPRESSION">${impression}</AbstractText></Abstract></Article></MedlineCitation>` +
    `${images.map((id) => `<parentImage id="${id}"/>`).join('')}</eCitation>`;

  it('have frontal films and the texts that are there; reports without either are counted', async () => {
    const root = await tree('openi', {
      'ecgen-radiology/10.xml': xml('CXR10', 'Clear.', '', ['CXR10_IM-1', 'CXR10_IM-2']),
      'ecgen-radiology/9.xml': xml('CXR9', 'Clear.', 'Normal.', ['CXR9_IM-1']),
      'ecgen-radiology/11.xml': xml('CXR11', '', '', ['CXR11_IM-1']),
      'ecgen-radiology/12.xml': xml('CXR12', 'Clear.', '', []),
      'ecgen-radiology/13.xml': xml('CXR13', 'Clear.', '', ['CXR13_IM-1']),
      'ecgen-radiology/notes.txt': 'x',
      'indiana_projections.csv':
        'uid,filename,projection\n9,9_IM-1.dcm.png,Frontal\n10,10_IM-1.dcm.png,Lateral\n10,10_IM-2.dcm.png,Frontal\n' +
        '11,11_IM-1.dcm.png,Frontal\n13,13_IM-1.dcm.png,Frontal\n',
      'images/images_normalized/9_IM-1.dcm.png': '',
      'images/images_normalized/10_IM-1.dcm.png': '',
      'images/10_IM-2.dcm.png': '',
    });
    const skips = createSkipCounts();
    expect(await all(readOpeniStudies(root, { skips }), root)).toEqual([
      {
        id: 'CXR9',
        patient: 'CXR9',
        split: 'test',
        images: ['ROOT/images/images_normalized/9_IM-1.dcm.png'],
        sections: ['Clear.', 'Normal.'],
      },
      {
        id: 'CXR10',
        patient: 'CXR10',
        split: 'test',
        images: ['ROOT/images/10_IM-2.dcm.png'],
        sections: ['Clear.'],
      },
    ]);
    expect(skips.counts).toEqual({
      'image file missing': 2,
      'neither findings nor impression': 1,
      'no frontal picture': 1,
    });
  });
});

describe('CheXpert as studies', () => {
  const header = `Path,Sex,Age,Frontal/Lateral,AP/PA,${CHEXPERT_LABELS.join(',')}\n`;
  const line = (split: string, patient: number, labels: string) =>
    `CheXpert-v1.0/${split}/patient${patient}/study1/view1_frontal.jpg,Male,30,Frontal,AP,${labels}${','.repeat(11)}\n`;
  const picture = (split: string, patient: number) => ({
    [`CheXpert-v1.0/${split}/patient${patient}/study1/view1_frontal.jpg`]: '',
  });
  const files = {
    'CheXpert-v1.0/train.csv': `${header}${line('train', 1, '1.0,0.0,-1.0')}${line('train', 2, '1.0,,')}${line('train', 3, ',,')}`,
    'CheXpert-v1.0/valid.csv': `${header}${line('valid', 4, '0.0,0.0,0.0')}`,
    'chexpert_5x200.csv':
      ',Path,Atelectasis,Cardiomegaly,Consolidation,Edema,Pleural Effusion,Report Impression\n' +
      '0,CheXpert-v1.0/train/patient2/study1/view1_frontal.jpg,0.0,1.0,0.0,0.0,0.0,Big heart.\n',
    ...picture('train', 1),
    ...picture('train', 2),
    ...picture('train', 3),
    ...picture('valid', 4),
  };

  it('leave the patients of the test set out of training, and what is uncertain or blank out of the labels', async () => {
    const root = await tree('chexpert', files);
    const skips = createSkipCounts();
    const studies = (await all(readChexpertRclipStudies(root, { skips }), root)) as RclipStudy[];
    expect(
      studies.map(({ id, split, labels, views, sections }) => ({ id, split, labels, views, sections })),
    ).toEqual([
      {
        id: 'patient1/study1',
        split: 'train',
        views: ['AP'],
        labels: { 'No Finding': 1, 'Enlarged Cardiomediastinum': 0 },
        sections: undefined,
      },
      {
        id: 'patient4/study1',
        split: 'valid',
        views: ['AP'],
        labels: { 'No Finding': 0, 'Enlarged Cardiomediastinum': 0, Cardiomegaly: 0 },
        sections: undefined,
      },
      {
        id: 'CheXpert-v1.0/train/patient2/study1/view1_frontal.jpg',
        split: 'test',
        views: undefined,
        labels: { Atelectasis: 0, Cardiomegaly: 1, Consolidation: 0, Edema: 0, 'Pleural Effusion': 0 },
        sections: ['Big heart.'],
      },
    ]);
    expect(skips.counts).toEqual({ 'patient of the test set': 1, 'no label': 1 });
  });

  it('count uncertain and blank as the policy says', async () => {
    const root = await tree('chexpert-policy', files);
    const policy = { uncertain: 'positive', unmentioned: 'negative' } as const;
    const [first] = (await all(readChexpertRclipStudies(root, policy), root)) as RclipStudy[];
    expect(Object.keys(first!.labels!)).toHaveLength(14);
    expect([first!.labels!['Cardiomegaly'], first!.labels!['Fracture']]).toEqual([1, 0]);
  });
});

describe('Kermany as studies', () => {
  it('are named after patients, bacteria and virus apart', () => {
    const names = [
      'person12_bacteria_47.jpeg',
      'person12_virus_3.jpeg',
      'IM-0115-0001.jpeg',
      'NORMAL2-IM-0115-0001-0002.jpeg',
      'x.jpeg',
    ];
    expect(names.map(kermanyPatient)).toEqual([
      'person12_bacteria',
      'person12_virus',
      'IM-0115',
      'NORMAL2-IM-0115',
      undefined,
    ]);
  });

  it('keep a patient in the first of test, validation and training, and count what that leaves out', async () => {
    const names = ['test', 'val', 'train'].flatMap((split) => [`${split}/NORMAL/IM-${split.length}-1.jpeg`]);
    const root = await tree('kermany', {
      ...Object.fromEntries(names.map((name) => [name, ''])),
      'test/PNEUMONIA/person1_virus_1.jpeg': '',
      'val/PNEUMONIA/person2_virus_1.jpeg': '',
      'train/PNEUMONIA/person1_virus_2.jpeg': '',
      'train/PNEUMONIA/person1_bacteria_2.jpeg': '',
      'train/PNEUMONIA/.DS_Store': '',
    });
    const skips = createSkipCounts();
    const studies = (await all(readKermanyStudies(root, { skips }), root)) as RclipStudy[];
    expect(studies.map(({ id, split, labels }) => [id, split, labels!['Pneumonia']])).toEqual([
      ['test/NORMAL/IM-4-1.jpeg', 'test', 0],
      ['test/PNEUMONIA/person1_virus_1.jpeg', 'test', 1],
      ['val/NORMAL/IM-3-1.jpeg', 'valid', 0],
      ['val/PNEUMONIA/person2_virus_1.jpeg', 'valid', 1],
      ['train/NORMAL/IM-5-1.jpeg', 'train', 0],
      ['train/PNEUMONIA/person1_bacteria_2.jpeg', 'train', 1],
    ]);
    expect(skips.counts).toEqual({ 'patient of the split test': 1 });
    await expect(all(readKermanyStudies(path.join(root, 'test')), root)).rejects.toThrow(
      'expected a folder of pictures',
    );
  });
});

describe('studies of several sources', () => {
  it('are refused where an id comes again', async () => {
    const study = { id: 'a', split: 'train', images: ['a.png'] } as const;
    await expect(all(uniqueStudies([study, study], 'F'), 'none')).rejects.toThrow(
      'F: study 2: expected an id of its own',
    );
  });
});
