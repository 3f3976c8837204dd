import { readFileSync, readdirSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { CheckpointError } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './open.js';
import { readPickle } from './pickle.js';
import { bytesSource } from './random-access.js';

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`./__fixtures__/${path}`, import.meta.url)));
const open = (bytes: Uint8Array) => openCheckpoint(bytesSource(bytes));

interface ExpectedTensor {
  dtype: string;
  shape: number[];
  crc32_contiguous_le: number;
}
const EXPECTED = JSON.parse(new TextDecoder().decode(fixture('good/odd_tensors.expected.json'))) as Record<
  string,
  ExpectedTensor
>;

/** Opens and reads everything. */
async function readAll(bytes: Uint8Array): Promise<void> {
  const { entries } = await open(bytes);
  for (const entry of entries.values()) await entry.read();
}

/** The outcome must be a value or a CheckpointError. */
async function onlyCheckpointErrors(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
  }
}

describe('files saved by torch', () => {
  it.each([
    ['odd_tensors.pt', 'torch-zip'],
    ['odd_tensors_protocol4.pt', 'torch-zip'],
    ['odd_tensors_legacy.pt', 'torch-legacy'],
  ])('reads every tensor of %s like torch does', async (name, container) => {
    const checkpoint = await open(fixture(`good/${name}`));
    expect(checkpoint.container).toBe(container);
    const facts: Record<string, ExpectedTensor> = {};
    for (const entry of checkpoint.entries.values()) {
      facts[entry.name] = {
        dtype: entry.dtype,
        shape: [...entry.shape],
        crc32_contiguous_le: crc32(await entry.readBytes()),
      };
    }
    for (const [key, { dtype, shape, crc32_contiguous_le }] of Object.entries(EXPECTED)) {
      expect(facts[key], key).toEqual({ dtype, shape, crc32_contiguous_le });
    }
    expect(Object.keys(facts)).toHaveLength(Object.keys(EXPECTED).length);
  });

  it('gives graph types', async () => {
    const { entries } = await open(fixture('good/odd_tensors.pt'));
    expect(await entries.get('i64')!.read()).toEqual({
      dtype: 'int32',
      shape: [8],
      data: Int32Array.of(-3, -2, -1, 0, 1, 2, 3, 4),
    });
    expect(await entries.get('boolean')!.read()).toEqual({
      dtype: 'bool',
      shape: [3],
      data: Uint8Array.of(1, 0, 1),
    });
    expect(await entries.get('scalar')!.read()).toEqual({
      dtype: 'float32',
      shape: [],
      data: Float32Array.of(3.5),
    });
  });

  it.each(readdirSync(new URL('./__fixtures__/hostile', import.meta.url)))('refuses %s', async (name) => {
    await expect(readAll(fixture(`hostile/${name}`))).rejects.toBeInstanceOf(CheckpointError);
  });

  it('says what a file refers to', async () => {
    await expect(readAll(fixture('hostile/exec_newobj.pt'))).rejects.toThrow(
      'refers to subprocess.Popen, which is code',
    );
  });

  it.each(['odd_tensors.pt', 'odd_tensors_legacy.pt'])(
    'throws nothing but CheckpointError for damaged copies of %s',
    async (name) => {
      const original = fixture(`good/${name}`);
      const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255) });
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { minLength: 1, maxLength: 3 }),
          fc.option(fc.nat(original.length)),
          async (changes, cut) => {
            const bytes = original.slice(0, cut ?? undefined);
            for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
            await onlyCheckpointErrors(() => readAll(bytes));
          },
        ),
        { seed: 2, numRuns: 300 },
      );
    },
  );
});

describe('pickle', () => {
  const assemble = (...parts: (string | number[])[]) =>
    Uint8Array.from(
      parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)),
    );

  it('builds numbers, text, lists and dictionaries', () => {
    const bytes = assemble(
      [0x80, 2],
      '}',
      '(',
      'X',
      [1, 0, 0, 0],
      'a',
      ']',
      '(',
      'K',
      [7],
      'J',
      [255, 255, 255, 255],
      'N',
      [0x88],
      'e',
      'u',
      '.',
    );
    expect(readPickle(bytes).value).toEqual(new Map([['a', [7, -1, null, true]]]));
  });

  it('reads integers of any width', () => {
    expect(readPickle(assemble([0x8a, 1, 0x80], '.')).value).toBe(-128);
    expect(readPickle(assemble([0x8a, 0], '.')).value).toBe(0);
    expect(readPickle(assemble([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], '.')).value).toBe(2n ** 64n);
  });

  it.each([
    ['a function of the system', 'cos\nsystem\n.', 'refers to os.system'],
    ['a built-in', 'cbuiltins\nexec\n.', 'refers to builtins.exec'],
    ['a dotted name', 'ctorch\nhub.load\n.', 'expected the name of a class'],
    ['a call of somebody’s function', 'cother.package\nrun\n)R.', 'calls other.package.run'],
    ['a pickled torch module', 'ctorch.nn\nLinear\n)\x81.', 'expected'],
    ['a persistent id without a container', 'N\x51.', 'no persistent id'],
  ])('refuses %s', (_what, text, message) => {
    const bytes = Uint8Array.from(text, (character) => character.codePointAt(0)!);
    expect(() => readPickle(bytes)).toThrow(message);
  });

  it('keeps objects of unknown classes as inert records', () => {
    const bytes = Uint8Array.from('cmy.config\nSettings\n)\x81}X\x01\x00\x00\x00aK\x05sb.', (character) =>
      character.codePointAt(0)!,
    );
    expect(readPickle(bytes).value).toMatchObject({
      type: { module: 'my.config', name: 'Settings' },
      state: new Map([['a', 5]]),
    });
  });

  it('throws nothing but CheckpointError for any bytes', async () => {
    const opcodes = fc.constantFrom(
      ...Array.from('(0123KMNX]}){aesutRbQhqjrc.\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95', (c) =>
        c.codePointAt(0)!,
      ),
    );
    const bytes = fc.array(fc.oneof(opcodes, fc.nat(255)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, (values) => onlyCheckpointErrors(() => readPickle(Uint8Array.from(values)))),
      { seed: 3, numRuns: 2000 },
    );
  });
});
