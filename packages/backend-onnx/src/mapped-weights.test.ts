import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendError, createRandom } from '@crrg/core';
import {
  deferredTensor,
  float32,
  parameter,
  reshapeTensor,
  runToHost,
  trace,
  type Backend,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxBackend } from './index.js';
import { lowerGraph } from './lower/lower-graph.js';
import { encodeModel } from './model.js';
import type { OrtModule } from './options.js';
import { whenPrepared } from './prepared-files.js';

/** Bytes before the first weight, so that an offset that is lost is seen. */
const START = 12;
/** With the vector's 2 KiB more than a model takes in itself. */
const [ROWS, COLUMNS] = [4096, 4096];
const init = { kind: 'constant', value: 0 } as const;
const specs = { w: parameter([ROWS, COLUMNS], init), v: parameter([512], init) };
const graph = trace(
  { inputs: { x: { shape: ['n', COLUMNS] } }, parameters: specs },
  (ops, { inputs, parameters }) => {
    const joined = ops.matmul(inputs['x']!, parameters.get('w'), { transposeB: true });
    const turned = ops.reshape(parameters.get('w'), [ROWS / 2, 2 * COLUMNS]);
    const row = ops.slice(turned, { axes: [0], starts: [1], ends: [2] });
    return { y: joined, row, v: ops.mul(parameters.get('v'), 2) };
  },
);

const random = createRandom(7);
const numbers = Float32Array.from({ length: ROWS * COLUMNS }, () => random.uniform(-1, 1));
const small = Float32Array.from({ length: 512 }, () => random.uniform(-1, 1));
const x = float32(
  [3, COLUMNS],
  Float32Array.from({ length: 3 * COLUMNS }, () => random.uniform(-1, 1)),
);

let root: string;
let backend: Backend;
let numbersRead = 0;
/** How often all numbers of a matrix were read. */
const readings = () => numbersRead / numbers.length;

/** A matrix in a file of its own. */
async function storeMatrix(folder: string, name = 'weights.safetensors'): Promise<HostTensor> {
  await mkdir(join(root, folder), { recursive: true });
  const path = join(root, folder, name);
  await writeFile(path, Buffer.concat([Buffer.alloc(START), Buffer.from(numbers.buffer)]));
  const { size, ctimeMs: changed } = await stat(path);
  return deferredTensor(
    'float32',
    [ROWS, COLUMNS],
    { path, offset: START, size, changed },
    (target, start) => {
      numbersRead += target.length;
      target.set(numbers.subarray(start, start + target.length));
    },
  );
}

const withVector = (w: HostTensor): StateDict =>
  new Map([
    ['w', w],
    ['v', float32([512], small)],
  ]);

/** The file of this name that later processes find, of the one thing that is kept in a folder. */
async function preparedFile(folder: string, name: string): Promise<string> {
  const [kept] = await readdir(folder);
  return join(folder, kept!, await readFile(join(folder, kept!, 'whole'), 'utf8'), name);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-mapped-'));
  backend = await createOnnxBackend({ runtime: 'node', cacheDir: root });
});
afterAll(async () => {
  backend.dispose();
  await rm(root, { recursive: true });
});

describe('weights that stay in their file', () => {
  it('are mapped by the engine, never read by us, and give what weights in memory give', async () => {
    const stored = withVector(await storeMatrix('a'));
    const inMemory = withVector(float32([ROWS, COLUMNS], numbers));
    const run = async (weights: StateDict) => runToHost(await backend.compile(graph, { weights }), { x });
    const expected = await run(inMemory);
    numbersRead = 0;
    expect(await run(stored)).toEqual(expected);
    expect(readings()).toBe(0);
    expect(expected['row']!.data).toEqual(numbers.subarray(2 * COLUMNS, 4 * COLUMNS));
  });

  it('are refused where the file is another one by now', async () => {
    const weights = withVector(await storeMatrix('b'));
    await utimes(join(root, 'b', 'weights.safetensors'), 1, 1);
    const compiled = backend.compile(graph, { weights, name: 'changed' });
    await expect(compiled).rejects.toThrow(/expected the weights that were opened in .*, got a changed file/);
    await rm(join(root, 'b'), { recursive: true });
    await expect(backend.compile(graph, { weights })).rejects.toThrow(BackendError);
    await expect(backend.compile(graph, { weights })).rejects.toThrow(/got no file/);
  });

  it('stay there only where one folder has all that is large, and the model itself holds the rest', async () => {
    const target = { fusedMatmul: true, poolIndices: true };
    const [one, other] = [await storeMatrix('c'), await storeMatrix('d')];
    const two = trace({ inputs: {}, parameters: { w: specs.w, v: specs.w } }, (ops, { parameters }) => ({
      y: ops.add(parameters.get('w'), parameters.get('v')),
    }));
    const encode = (v: HostTensor, layout: 'folder' | 'file' | 'pieces' = 'folder') =>
      encodeModel(
        lowerGraph(
          two,
          new Map([
            ['w', one],
            ['v', v],
          ]),
          target,
        ),
        layout,
        2 ** 20,
      );
    const beside = await storeMatrix('c', 'more.safetensors');
    expect(encode(beside).mapped).toEqual([one.file, beside.file]);
    expect(encode(beside).external).toEqual([]);
    for (const apart of [other, float32([ROWS, COLUMNS], numbers)]) {
      expect(encode(apart).mapped).toBeUndefined();
      expect(encode(apart).external).toHaveLength(2);
    }
    expect(encode(beside, 'file').external.map(({ offset }) => offset)).toEqual([0, numbers.byteLength]);
    const pieces = encode(beside, 'pieces');
    expect(pieces.mapped).toBeUndefined();
    numbersRead = 0;
    expect(pieces.external.map(({ bytes }) => bytes.length)).toEqual([
      numbers.byteLength,
      numbers.byteLength,
    ]);
    expect(readings()).toBe(2);
  });
});

describe('quantised weights of a file', () => {
  const compileWith = async (preparedDir: string | null, w: HostTensor) => {
    const own = await createOnnxBackend({ runtime: 'node', cacheDir: root, preparedDir });
    numbersRead = 0;
    const executable = await own.compile(graph, { weights: withVector(w), weightDType: 'q8' });
    const { y } = await runToHost(executable, { x });
    await whenPrepared();
    own.dispose();
    return { y: y!.data, readings: readings() };
  };
  const expected = async () => (await compileWith(null, float32([ROWS, COLUMNS], numbers))).y;
  const kept = (name: string) => readdir(join(root, name)).catch(() => undefined);

  it('are made once, and found again by the next process as long as the file is the same', async () => {
    const matrix = await storeMatrix('e');
    const folder = join(root, 'quantized');
    const y = await expected();
    // For the largest of each column, for the integers, and for the float32 numbers that the graph uses beside it.
    expect(await compileWith(folder, matrix)).toEqual({ y, readings: 3 });
    expect(await compileWith(folder, matrix)).toEqual({ y, readings: 0 });
    const [name] = (await kept('quantized'))!;
    const weights = await preparedFile(folder, 'weights.bin');
    const { size } = await stat(weights);
    await truncate(weights, 1000);
    expect((await compileWith(folder, matrix)).readings).toBeGreaterThan(0);
    expect((await stat(await preparedFile(folder, 'weights.bin'))).size).toBe(size);
    const changed = await storeMatrix('e');
    const again = await compileWith(folder, changed);
    expect(again.readings).toBeGreaterThan(0);
    expect(again.y).toEqual(y);
    expect(await kept('quantized')).toHaveLength(1);
    expect(await kept('quantized')).not.toEqual([name]);
  });

  it('are kept nowhere where that is not wanted, and made anew where nothing can be kept', async () => {
    const matrix = await storeMatrix('f');
    const y = await expected();
    const before = await readdir(root);
    expect((await compileWith(null, matrix)).y).toEqual(y);
    expect(await readdir(root)).toEqual(before);
    await writeFile(join(root, 'in-the-way'), '');
    for (const _ of ['first', 'again']) {
      const made = await compileWith(join(root, 'in-the-way', 'quantized'), matrix);
      expect(made.y).toEqual(y);
      expect(made.readings).toBeGreaterThan(0);
    }
  });
});

describe('convolutions with kernels of a file', () => {
  const kernel = parameter([1024, 1024, 4, 4], init);
  const convolve = trace(
    { inputs: { x: { shape: [1, 1024, 5, 5] } }, parameters: { w: kernel, v: specs.v } },
    (ops, { inputs, parameters }) => ({
      y: ops.relu(ops.conv2d(inputs['x']!, parameters.get('w'))),
      v: ops.mul(parameters.get('v'), 2),
    }),
  );
  const film = float32([1, 1024, 5, 5], numbers.subarray(0, 1024 * 25));
  const kernels = async () => reshapeTensor(await storeMatrix('g'), kernel.shape);
  const compileWith = async (preparedDir: string | null, w: HostTensor) => {
    const opened: unknown[] = [];
    const create = (...given: Parameters<typeof ort.InferenceSession.create>) => {
      opened.push(given[0]);
      return ort.InferenceSession.create(...given);
    };
    const watched = { ...ort, InferenceSession: { create } } as unknown as OrtModule;
    const own = await createOnnxBackend({ runtime: 'node', ort: watched, cacheDir: root, preparedDir });
    const { y } = await runToHost(await own.compile(convolve, { weights: withVector(w) }), { x: film });
    await whenPrepared();
    own.dispose();
    return { y: y!.data, opened };
  };
  const isPrepared = ([path]: unknown[]) => typeof path === 'string' && path.endsWith('model.onnx');

  it('are laid out for this processor once, and give the same', async () => {
    const w = await kernels();
    const folder = join(root, 'laid-out');
    const { y, opened } = await compileWith(null, w);
    expect(opened).toEqual([expect.any(Uint8Array)]);
    const first = await compileWith(folder, w);
    expect(first).toEqual({ y, opened: [expect.any(Uint8Array)] });
    const tellsFeatures = existsSync('/proc/cpuinfo');
    const second = await compileWith(folder, w);
    expect(second.y).toEqual(y);
    expect(isPrepared(second.opened)).toBe(tellsFeatures);
    if (!tellsFeatures) return;
    const [name] = await readdir(folder);
    await writeFile(await preparedFile(folder, 'model.onnx'), 'damaged');
    const damaged = await compileWith(folder, w);
    expect(damaged.y).toEqual(y);
    expect(damaged.opened).toHaveLength(2);
    expect((await compileWith(folder, w)).opened).toHaveLength(1);
    const again = await compileWith(folder, await kernels());
    expect(again).toEqual({ y, opened: [expect.any(Uint8Array)] });
    expect(await readdir(folder)).toHaveLength(1);
    expect(await readdir(folder)).not.toEqual([name]);
  });

  it('are used where nothing can be left', async () => {
    const w = await kernels();
    await writeFile(join(root, 'no-folder'), '');
    const { y } = await compileWith(null, w);
    expect((await compileWith(join(root, 'no-folder', 'prepared'), w)).y).toEqual(y);
  });
});
