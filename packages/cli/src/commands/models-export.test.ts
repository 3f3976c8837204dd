import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MICRO_HINTS, microTensors, writeMicroCheckpoint } from '../__fixtures__/micro-checkpoint.js';
import { run } from '../__fixtures__/run.js';

let folder: string;
const inside = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-export-'));
  const file = await writeMicroCheckpoint(folder, microTensors());
  const { stderr } = await run([
    'models',
    'import',
    file,
    '--out',
    inside('bundle'),
    '--config',
    inside('config-hints.json'),
  ]);
  expect(stderr).toBe('');
});
afterAll(() => rm(folder, { recursive: true }));

const exportTo = (target: string, ...options: string[]) =>
  run(['models', 'export', inside('bundle'), '--to', target, ...options]);

describe('crrg models export', () => {
  it('writes the tensors of a checkpoint under the names that they were imported from', async () => {
    const out = inside('out.safetensors');
    const { code, stdout, stderr } = await exportTo('safetensors', '--names', 'reference', '--out', out);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `micro: report-model, 137 tensors, for safetensors: ${out}\n`,
    });
    expect(stderr).toMatch(/^crrg: note: positions are looked up in transformer\.wpe/);
    const hints = ['--config', inside('config-hints.json')];
    const back = await run(['models', 'import', out, '--out', inside('back'), ...hints, '--name', 'micro']);
    expect(back.code).toBe(0);
    const weights = (name: string) => readFile(inside(name, 'weights.safetensors'));
    expect((await weights('back')).equals(await weights('bundle'))).toBe(true);
  });

  it('writes the networks for ONNX without notes where it is quiet', async () => {
    const out = inside('onnx');
    const { code, stdout, stderr } = await exportTo('onnx', '--out', out, '--quiet');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^micro: report-model, \d+ tensors, for onnx: detector-backbone\.onnx, .* in .*onnx\n$/,
    );
  });

  it('refuses in one line, with the flag, what the program would compute otherwise or what is there', async () => {
    expect(MICRO_HINTS.reportGen.positionTable).toBe('position');
    const refused = await exportTo('rgrg', '--out', inside('rgrg.pt'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^crrg: expected positions .* export with --to safetensors or --to onnx, or train with "token" in --config\.\n$/,
    );
    const taken = await exportTo('safetensors', '--out', inside('vocab.json'));
    expect(taken.stderr).toMatch(/^crrg: --out: expected the name of a new file/);
    const target = await exportTo('tflite', '--out', inside('x'));
    expect([target.code, target.stderr]).toEqual([2, expect.stringContaining('Allowed choices are rgrg')]);
  });
});
