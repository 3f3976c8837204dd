import { float32, int32 } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './open.js';
import { bytesSource } from './random-access.js';
import { storedTensor, writeTorch, type TorchValue } from './torch-writer.js';
import { joinBytes, zipDirectory } from './zip-writer.js';
import { locateZipEntry, readZipDirectory } from './zip.js';

async function save(value: TorchValue): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await writeTorch((bytes) => {
    pieces.push(bytes);
    return Promise.resolve();
  }, value);
  return joinBytes(pieces);
}

const load = async (value: TorchValue) => openCheckpoint(bytesSource(await save(value)));

describe('a file as torch.save writes it', () => {
  it('keeps tensors of every type, with their shapes and bytes', async () => {
    const counter = storedTensor('int64', [], new Uint8Array(BigInt64Array.of(7n).buffer));
    const halves = storedTensor('bfloat16', [3, 0, 2], new Uint8Array());
    const { container, entries } = await load(
      new Map<string, TorchValue>([
        ['weight', float32([2, 3], [1, 2, 3, 4, 5, 6])],
        ['counter', counter],
        ['halves', halves],
        ['mask', storedTensor('uint8', [2], Uint8Array.of(1, 0))],
        ['ids', int32([1, 1], [-5])],
      ]),
    );
    expect(container).toBe('torch-zip');
    expect([...entries.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['weight', 'float32', [2, 3]],
      ['counter', 'int64', []],
      ['halves', 'bfloat16', [3, 0, 2]],
      ['mask', 'uint8', [2]],
      ['ids', 'int32', [1, 1]],
    ]);
    expect((await entries.get('weight')!.read()).data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect((await entries.get('counter')!.read()).data).toEqual(Int32Array.of(7));
    expect((await entries.get('ids')!.read()).data).toEqual(Int32Array.of(-5));
  });

  it('stores a tensor once that has several names, and two equal ones twice', async () => {
    const shared = float32([2], [1, 2]);
    const value = new Map<string, TorchValue>([
      ['model', new Map([['wte', shared]])],
      ['head', shared],
      ['other', float32([2], [1, 2])],
    ]);
    const { entries } = await load(value);
    expect([...entries.values()].map(({ name, aliasOf }) => [name, aliasOf])).toEqual([
      ['model/wte', undefined],
      ['head', 'model/wte'],
      ['other', undefined],
    ]);
    const directory = await readZipDirectory(bytesSource(await save(value)));
    expect([...directory.keys()].filter((name) => name.includes('/data/'))).toEqual([
      'archive/data/0',
      'archive/data/1',
    ]);
  });

  it('keeps numbers, texts, lists and what is None, whole numbers as such', async () => {
    const { values } = await load([
      0,
      255,
      -1,
      2 ** 31,
      -(2 ** 40),
      0.07,
      -0,
      'ü',
      true,
      false,
      null,
      [new Map([['pooling', 'eos']])],
    ]);
    expect([...values]).toEqual([
      ['0', 0],
      ['1', 255],
      ['2', -1],
      ['3', 2 ** 31],
      ['4', -(2 ** 40)],
      ['5', 0.07],
      ['6', -0],
      ['7', 'ü'],
      ['8', true],
      ['9', false],
      ['10', null],
      ['11/0/pooling', 'eos'],
    ]);
  });

  it('aligns the data of every entry to 64 bytes, and is the same for the same value', async () => {
    const value = new Map<string, TorchValue>([
      ['a', float32([1], [1])],
      ['b', float32([3], [1, 2, 3])],
    ]);
    const bytes = await save(value);
    expect(await save(value)).toEqual(bytes);
    const source = bytesSource(bytes);
    for (const entry of (await readZipDirectory(source)).values())
      expect((await locateZipEntry(source, entry)) % 64, entry.name).toBe(0);
  });

  it('refuses what torch does not store', async () => {
    const wide = storedTensor('uint64', [1], new Uint8Array(8));
    await expect(save(new Map([['ids', wide]]))).rejects.toThrow(
      'checkpoints.torch: expected a type that torch stores, got uint64; convert the tensor.',
    );
    await expect(save(NaN)).rejects.toThrow('expected a number, got NaN');
  });
});

describe('the directory of a zip', () => {
  const entries = (offsets: readonly number[]) =>
    offsets.map((headerOffset, at) => ({ name: `archive/data/${at}`, size: 64, crc32: at, headerOffset }));

  /** A file of zeros that ends in a directory. */
  async function read(offsets: readonly number[], directoryOffset: number) {
    const directory = zipDirectory(entries(offsets), directoryOffset);
    return readZipDirectory({
      size: directoryOffset + directory.length,
      read: (offset, length) => {
        const bytes = new Uint8Array(length);
        const from = Math.max(0, offset - directoryOffset);
        bytes.set(
          directory.subarray(from, offset + length - directoryOffset),
          directoryOffset + from - offset,
        );
        return Promise.resolve(bytes);
      },
    });
  }

  it.each([
    ['below 4 GiB', [0, 1000], 2000],
    ['with an entry behind 4 GiB', [0, 5e9], 6e9],
    ['that lies itself behind 4 GiB', [0, 1000], 2 ** 32 - 10],
  ])('%s is read back', async (_, offsets, directoryOffset) => {
    const found = await read(offsets, directoryOffset);
    expect([...found.values()].map(({ headerOffset, size }) => [headerOffset, size])).toEqual(
      offsets.map((offset) => [offset, 64]),
    );
  });

  it('of 70,000 entries is read back', async () => {
    const offsets = Array.from({ length: 70_000 }, (_, at) => at * 200);
    expect((await read(offsets, 70_000 * 200)).size).toBe(70_000);
  });
});
