import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

const RUN = fileURLToPath(new URL('../run.ts', import.meta.url));
const NUM_FILMS = 1500;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-full-disk-'));
  await symlink(
    fileURLToPath(new URL('../../../../node_modules', import.meta.url)),
    path.join(folder, 'node_modules'),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** Runs `crrg data` where no file may be larger than 100 KiB. */
function runOnFullDisk(args: readonly string[]) {
  const node = [process.execPath, '--conditions=@crrg/source', '--import', 'tsx', RUN, ...args];
  const { status, stderr } = spawnSync('bash', ['-c', 'ulimit -f 100; exec "$@"', 'bash', ...node], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, stderr };
}

const ids = Array.from({ length: NUM_FILMS }, (_, at) => `film-${String(at).padStart(5, '0')}`);

async function makeRsna(): Promise<string[]> {
  await write(
    'rsna/stage_2_train_labels.csv',
    `patientId,x,y,width,height,Target\n${ids.map((id) => `${id},,,,,0\n`).join('')}`,
  );
  for (const id of ids) await write(`rsna/stage_2_train_images/${id}.dcm`, '');
  return ['data', 'rsna', '--root', path.join(folder, 'rsna')];
}

/** A JPEG file of 100 x 80 up to its size. */
const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 80, 0, 100, 1, 1, 0x11, 0, 0xff, 0xd9]);

async function makeImagenome(): Promise<string[]> {
  const header = 'subject_id,study_id,dicom_id,path,ViewPosition\n';
  const films = ids.slice(0, 100);
  const lists = 'g/imagenome/silver_dataset/splits';
  await write(`${lists}/train.csv`, header + films.map((id) => `10,50,${id},files/${id}.dcm,AP\n`).join(''));
  for (const list of ['valid', 'test', 'images_to_avoid']) await write(`${lists}/${list}.csv`, header);
  for (const id of films) {
    await write(
      `g/imagenome/silver_dataset/scene_graph/${id}_SceneGraph.json`,
      '{"objects":[],"attributes":[]}',
    );
    await write(`g/mimic-cxr-jpg/files/${id}.jpg`, JPEG);
  }
  await mkdir(path.join(folder, 'g/mimic-cxr/files'), { recursive: true });
  return ['data', 'imagenome', '--root', path.join(folder, 'g')];
}

const hashOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

it.each([
  ['R-CLIP studies', makeRsna],
  ['region studies', makeImagenome],
])(
  'a full disk ends a file of %s in one line, nothing half-written has its name, and the next run goes on to the same bytes',
  async (name, make) => {
    const args = await make();
    const [whole, out] = ['whole', 'out'].map((each) => path.join(folder, `${name}-${each}.jsonl`)) as [
      string,
      string,
    ];
    expect(await run([...args, '--out', whole])).toMatchObject({ code: 0, stderr: '' });
    expect(runOnFullDisk([...args, '--out', out])).toEqual({
      status: 1,
      stderr: `crrg: ${out}.part: cannot be written: the file is larger than the system allows\n`,
    });
    const left = (await readdir(folder)).filter((each) => each.startsWith(path.basename(out)));
    expect(left.filter((each) => !each.includes('.part'))).toEqual([]);
    expect(await run([...args, '--out', out])).toMatchObject({ code: 0, stderr: '' });
    for (const end of ['', '.card.json'])
      expect(await hashOf(`${out}${end}`)).toBe(await hashOf(`${whole}${end}`));
  },
  120_000,
);
