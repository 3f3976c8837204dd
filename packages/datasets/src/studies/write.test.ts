import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMimicRclipStudies } from '../mimic/rclip-studies.js';
import type { RclipStudy } from './rclip-study.js';
import { createSkipCounts } from './skips.js';
import { writeRclipStudies } from './write-rclip-studies.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-write-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const study = (id: string, more: Partial<RclipStudy> = {}): RclipStudy => ({
  id,
  split: 'train',
  images: [`${id}.png`],
  ...more,
});

describe('a file of R-CLIP studies', () => {
  it('has a line a study, and a card with counts beside it', async () => {
    const out = path.join(folder, 'studies.jsonl');
    const skips = createSkipCounts();
    skips.add('image file missing');
    const studies = [
      study('a', { labels: { x: 1, y: 0 }, sections: ['s'] }),
      study('b', { labels: { x: 0 } }),
      study('c', { split: 'test', images: ['1', '2'] }),
    ];
    const card = await writeRclipStudies(studies, out, { source: 'F', skips });
    expect((await readFile(out, 'utf8')).split('\n').map((line) => line.slice(0, 9))).toEqual([
      '{"id":"a"',
      '{"id":"b"',
      '{"id":"c"',
      '',
    ]);
    const wordings = { sections: ['s', 't'], backTranslations: ['u', null] };
    await writeRclipStudies([study('e', wordings)], out, { source: 'F', skips });
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject(wordings);
    const images = [path.join(folder, 'a/1.png'), path.relative('', path.join(folder, '2.png'))];
    await writeRclipStudies([study('d', { images })], out, { source: 'F', skips });
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ images: ['a/1.png', '2.png'] });
    await writeRclipStudies(studies, out, { source: 'F', skips });
    expect(card).toEqual({
      schema: 'crrg/rclip-data-card/1',
      source: 'F',
      splits: {
        train: { studies: 2, images: 2, withText: 1, labels: { x: [1, 1], y: [1, 0] } },
        test: { studies: 1, images: 2, withText: 0, labels: {} },
      },
      skipped: { 'image file missing': 1 },
    });
    expect(JSON.parse(await readFile(`${out}.card.json`, 'utf8'))).toEqual(card);
  });

  it('stays as it was where a study cannot be used', async () => {
    const inside = path.join(folder, 'kept');
    await mkdir(inside);
    const out = path.join(inside, 'studies.jsonl');
    await writeFile(out, 'earlier');
    await expect(writeRclipStudies([study('a'), study('a')], out, { source: 'F' })).rejects.toThrow(
      'F: study 2: expected an id of its own',
    );
    expect([await readdir(inside), await readFile(out, 'utf8')]).toEqual([['studies.jsonl'], 'earlier']);
  });
});

describe('MIMIC-CXR as studies', () => {
  it('have findings and impression, views, the official split and the labels of a labeller', async () => {
    const root = path.join(folder, 'mimic');
    const files: Record<string, string> = {
      'jpg/mimic-cxr-2.0.0-metadata.csv':
        'dicom_id,subject_id,study_id,ViewPosition\nb,10000001,5,\na,10000001,5,AP\nc,10000001,6,PA\nd,10000001,7,PA\n',
      'jpg/mimic-cxr-2.0.0-split.csv':
        'dicom_id,study_id,subject_id,split\na,5,10000001,validate\nc,6,10000001,validate\n',
      'jpg/mimic-cxr-2.0.0-negbio.csv':
        'subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices\n' +
        '10000001,5,1.0,0.0,-1.0,,,,,,,,,,,\n',
      'jpg/files/p10/p10000001/s5/a.jpg': '',
      'cxr/files/p10/p10000001/s5.txt': 'FINDINGS: Clear.\n IMPRESSION: Normal.',
      'cxr/files/p10/p10000001/s6.txt': 'IMPRESSION: Normal.',
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), text);
    }
    const skips = createSkipCounts();
    const roots = { reports: path.join(root, 'cxr'), pictures: path.join(root, 'jpg') };
    const studies: RclipStudy[] = [];
    for await (const each of readMimicRclipStudies(roots, { labeller: 'negbio', skips })) studies.push(each);
    expect(studies).toEqual([
      {
        id: '5',
        patient: '10000001',
        split: 'valid',
        images: [path.join(root, 'jpg/files/p10/p10000001/s5/a.jpg')],
        views: ['AP'],
        sections: ['Clear.', 'Normal.'],
        labels: { Atelectasis: 1, Cardiomegaly: 0 },
      },
    ]);
    expect(skips.counts).toEqual({ 'in no split': 1, 'not both sections': 1, 'image file missing': 1 });
  });
});
