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
