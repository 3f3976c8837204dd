import { describe, expect, it } from 'vitest';
import { choosePairs, nameOf } from './pairs.js';

const choice = { all: false, hasTfjsNode: true, hardware: false };
const names = (...args: Parameters<typeof choosePairs>) => choosePairs(...args).map(nameOf);

describe('the pairs', () => {
  it('are every app on onnx, and plain Node and the page of Vite on every engine', () => {
    const chosen = names(choice);
    expect(chosen.filter((name) => name.endsWith(': onnx'))).toHaveLength(10);
    expect(chosen).toEqual(
      expect.arrayContaining([
        'Node: tfjs-cpu',
        'page, Vite: tfjs-webgl',
        'page without a build: onnx-webgpu',
      ]),
    );
    expect(chosen).not.toContain('page, webpack: tfjs-webgl');
    expect(names({ ...choice, all: true })).toContain('page, webpack: tfjs-webgl');
  });

  it('begin with plain Node whatever is asked for', () => {
    expect(names({ ...choice, only: 'VITE: tfjs-w' })).toEqual([
      'Node: onnx',
      'page, Vite: tfjs-wasm',
      'page, Vite: tfjs-webgl',
      'page, Vite: tfjs-webgpu',
    ]);
  });

  it('may refuse what the machine may lack, but no addon that is named', () => {
    const refusable = (hasTfjsNode: boolean) =>
      choosePairs({ ...choice, hasTfjsNode })
        .filter(({ mayRefuse }) => mayRefuse)
        .map(nameOf);
    const without = ['onnx-webgpu', 'tfjs-webgl', 'tfjs-webgpu'].map(
      (engine) => `page, Vite, no GPU: ${engine}`,
    );
    expect(refusable(true)).toEqual(['Node: onnx-webgpu', 'Node: onnx-cuda', ...without]);
    expect(refusable(false)).toEqual(['Node: tfjs-node', 'Node: onnx-webgpu', 'Node: onnx-cuda', ...without]);
  });

  it('are marked where a software adapter computes', () => {
    const marked = (hardware: boolean) =>
      choosePairs({ ...choice, only: 'page, Vite', hardware })
        .filter(({ software }) => software)
        .map(nameOf);
    expect(marked(false)).toEqual([
      ...['onnx-webgpu', 'tfjs-webgl', 'tfjs-webgpu'].map((engine) => `page, Vite: ${engine}`),
      'page, Vite, worker: onnx-webgpu',
    ]);
    expect(marked(true)).toEqual([]);
  });
});
