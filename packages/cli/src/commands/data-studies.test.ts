import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-data-studies-'));
  out = path.join(root, 'studies.jsonl');
  await mkdir(path.join(root, 'stage_2_train_images'));
  for (const id of ['a', 'b']) await writeFile(path.join(root, `stage_2_train_images/${id}.dcm`), '');
  await writeFile(
    path.join(root, 'stage_2_train_labels.csv'),
    'patientId,x,y,width,height,Target\na,1,1,2,2,1\nb,,,,,0\nc,,,,,0\n',
  );
});
afterEach(() => rm(root, { recursive: true }));

it('makes R-CLIP studies of a data set, says what was left out, and replaces its own file', async () => {
  const args = ['data', 'rsna', '--root', root, '--out', out];
  const { code, stdout, stderr } = await run(args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe(`${out}\ntrain: 2 studies, 2 images, 0 with text\nleft out: 1 image file missing\n`);
  const ids = (await readFile(out, 'utf8')).trim().split('\n');
  expect(ids.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'b']);
  const again = await run([...args, '--json']);
  expect(again.stdout).toBe(await readFile(`${out}.card.json`, 'utf8'));
});

it('writes nothing where a row is bad, and names it', async () => {
  await writeFile(
    path.join(root, 'stage_2_train_labels.csv'),
    'patientId,x,y,width,height,Target\na,,,,,1\n',
  );
  const { code, stderr } = await run(['data', 'rsna', '--root', root, '--out', out]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/stage_2_train_labels\.csv: line 2: expected a value for x, got an empty cell/);
  expect((await readdir(root)).filter((name) => name.startsWith('studies'))).toEqual([]);
});

const write = async (name: string, text: string) => {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
};

it('takes the published lists of RSNA, under either name', async () => {
  await write('lists/train.csv', 'patientId\nb\n');
  for (const split of ['valid', 'test']) await write(`lists/rsna_${split}.csv`, 'patientId\n');
  const lists = path.join(root, 'lists');
  const { code, stdout } = await run(['data', 'rsna', '--root', root, '--out', out, '--lists', lists]);
  expect(code).toBe(0);
  expect(stdout).toBe(`${out}\ntrain: 1 studies, 1 images, 0 with text\nleft out: 2 in no list\n`);
  await rm(path.join(lists, 'train.csv'));
  const missing = await run(['data', 'rsna', '--root', root, '--out', out, '--lists', lists]);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringContaining('expected train.csv or rsna_train.csv, plain or with .gz, got neither'),
  ]);
});

it('makes R-CLIP studies of MIMIC-CXR, with the labels of a labeller', async () => {
  const blanks = ','.repeat(12);
  await write(
    'mimic-cxr-jpg/mimic-cxr-2.0.0-metadata.csv',
    'dicom_id,subject_id,study_id,ViewPosition\na,10000001,5,AP\n',
  );
  await write(
    'mimic-cxr-jpg/mimic-cxr-2.0.0-split.csv',
    'dicom_id,study_id,subject_id,split\na,5,10000001,test\n',
  );
  await write(
    'mimic-cxr-jpg/mimic-cxr-2.0.0-chexpert.csv',
    'subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices\n' +
      `10000001,5,1.0,-1.0${blanks}\n`,
  );
  await write('mimic-cxr-jpg/files/p10/p10000001/s5/a.jpg', '');
  await write('mimic-cxr/files/p10/p10000001/s5.txt', 'FINDINGS: Clear.\n IMPRESSION: Normal.');
  const args = ['data', 'mimic', '--root', root, '--out', out, '--labeller', 'chexpert'];
  const { code, stdout } = await run([...args, '--uncertain', 'positive']);
  expect([code, stdout]).toEqual([0, `${out}\ntest: 1 studies, 1 images, 1 with text\n`]);
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual({
    id: '5',
    patient: '10000001',
    split: 'test',
    images: ['mimic-cxr-jpg/files/p10/p10000001/s5/a.jpg'],
    views: ['AP'],
    sections: ['Clear.', 'Normal.'],
    labels: { Atelectasis: 1, Cardiomegaly: 1 },
  });
});
