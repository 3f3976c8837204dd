import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { float32, int32, type HostTensor } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discoverCases, readCase } from '../golden/cases.js';
import type { CheckResult } from './context.js';
import { createContexts } from './create-context.js';

let folder: string;

function write(path: string, content: object | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content instanceof Uint8Array ? content : JSON.stringify(content));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'));
  write('index.json', {});
  write('weights/small.json', { seed: 's', settings: {}, params: [['w', [2], 0, 1]] });
  write('good.expected.json', { files: {} });
  write('good/config.json', {});
  const info = { shape: [4], absmax: 4, torch_fp32_maxabs_err: 1e-6 };
  write('lm/a.json', {
    config: 'small',
    file: 'a.safetensors',
    tensors: { logits: info },
    sampled: { big: info },
  });
  const tensors = new Map<string, HostTensor>([
    ['logits', float32([4], [1, 2, 3, 4])],
    ['big.idx', int32([2], [3, 0])],
    ['big.val', float32([2], [4, 1])],
  ]);
  write('lm/a.safetensors', encodeSafetensors(tensors));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('a golden folder', () => {
  it('holds a case in every sidecar, and none in its index, manifests and described folders', async () => {
    expect(await discoverCases(folder)).toEqual(['good.expected', 'lm/a']);
  });

  it('gives a case with its tensors', async () => {
    const { sidecar, tensors } = await readCase(folder, 'lm/a');
    expect(sidecar['config']).toBe('small');
    expect([...tensors.get('logits')!.data]).toEqual([1, 2, 3, 4]);
  });
});

describe('a context', () => {
  const open = async (results: CheckResult[] = []) => {
    const contexts = createContexts({
      folder,
      backendName: 'none',
      backend: () => Promise.reject(new Error('no backend')),
      factor: 10,
      onCheck: (result) => results.push(result),
    });
    return contexts('lm/a');
  };

  it('compares whole tensors, sampled ones at their places, and tells what nobody compared', async () => {
    const results: CheckResult[] = [];
    const context = await open(results);
    expect(context.check('logits', [1, 2, 3, 4])).toBe(true);
    expect(context.unchecked()).toEqual(['big']);
    expect(context.check('big', [1, 0, 0, 4])).toBe(true);
    expect(context.check('big', [1, 0, 0, 4.1])).toBe(false);
    expect(context.check('big', [1, 4])).toBe(false);
    expect(context.unchecked()).toEqual([]);
    expect(results.map(({ ok, note }) => note ?? ok)).toEqual([
      true,
      true,
      false,
      'big: 2 elements instead of 4',
    ]);
  });

  it('generates weights by their manifest and inputs by its seed, the same every time', async () => {
    const weights = await (await open()).weights('small');
    const again = await (await open()).weights('small');
    expect([...weights.keys()]).toEqual(['w']);
    expect(weights.get('w')).toEqual(again.get('w'));
    expect((await open()).input('x', [2])).toEqual((await open()).input('x', [2]));
  });
});
