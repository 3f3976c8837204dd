import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

let root: string;
let out: string;

async function write(name: string, content: string | Uint8Array): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** A JPEG file of 100 x 80 up to its size. */
const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 80, 0, 100, 1, 1, 0x11, 0, 0xff, 0xd9]);
const HEADER = 'subject_id,study_id,dicom_id,path,ViewPosition\n';
const rowOf = (image: string) => `10,50,${image},files/${image}.dcm,AP\n`;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-data-'));
  out = path.join(root, 'studies.jsonl');
  const said = { bbox_name: 'carina', phrases: ['Of 10 mm.'], attributes: [[]] };
  await write(
    'imagenome/silver_dataset/scene_graph/a_SceneGraph.json',
    JSON.stringify({ objects: [], attributes: [said] }),
  );
  await write('imagenome/silver_dataset/scene_graph/b_SceneGraph.json', '{secret');
  await write('imagenome/silver_dataset/splits/train.csv', HEADER + ['a', 'b', 'c'].map(rowOf).join(''));
  for (const list of ['valid', 'test', 'images_to_avoid'])
    await write(`imagenome/silver_dataset/splits/${list}.csv`, HEADER);
  for (const image of ['a', 'b']) await write(`mimic-cxr-jpg/files/${image}.jpg`, JPEG);
  await mkdir(path.join(root, 'mimic-cxr/files'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

it('makes a file of studies with its card, says what was left out, and which files are at fault', async () => {
  const { code, stdout, stderr } = await run(['data', 'imagenome', '--root', root, '--out', out]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    `${out}\ntrain: 1 studies of 3 rows; left out: 1 unreadable scene graph, 1 no picture\n`,
  );
  expect(stderr).toMatch(
    /^crrg: .*train\.csv: line 3: left out, unreadable scene graph: .*b_SceneGraph\.json: expected JSON/,
  );
  expect(stderr).not.toContain('secret');
  const lines = (await readFile(out, 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a']);
  expect(lines[0]).toContain('Of mm.');
});

it('cleans phrases in the mode that is asked for, prints the card, and replaces its own file', async () => {
  const args = ['data', 'imagenome', '--root', root, '--out', out, '--quiet'];
  expect((await run(args)).stderr).toBe('');
  const { code, stdout } = await run([...args, '--mode', 'mended', '--json']);
  expect(code).toBe(0);
  expect(stdout).toBe(await readFile(`${out}.card.json`, 'utf8'));
  expect(await readFile(out, 'utf8')).toContain('Of 10 mm.');
});

it('replaces no file of another origin', async () => {
  await writeFile(out, 'mine');
  const { code, stderr } = await run(['data', 'imagenome', '--root', root, '--out', out]);
  expect(code).toBe(2);
  expect(stderr).toContain('which is a file of another origin');
  expect(await readFile(out, 'utf8')).toBe('mine');
});

it('names what it did not find, and the line of a list that cannot be used', async () => {
  const missing = await run(['data', 'imagenome', '--root', path.join(root, 'mimic-cxr'), '--out', out]);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringContaining('expected the folder of Chest ImaGenome'),
  ]);
  await write('imagenome/silver_dataset/splits/train.csv', `${HEADER}10,50,../a,files/a.dcm,AP\n`);
  const bad = await run(['data', 'imagenome', '--root', root, '--out', out]);
  expect([bad.code, bad.stderr]).toEqual([
    1,
    expect.stringContaining('train.csv: line 2: dicom_id: expected'),
  ]);
});
