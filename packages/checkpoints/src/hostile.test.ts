import { readFileSync, readdirSync } from 'node:fs';
import { CheckpointError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { assemble, tensorPickle, type PickledView } from './__fixtures__/build-pickle.js';
import { buildZip, type ZipFile } from './__fixtures__/build-zip.js';
import { openCheckpoint } from './open.js';
import { bytesSource, type RandomAccess } from './random-access.js';
import { encodeSafetensors } from './safetensors.js';

async function readAll(source: RandomAccess): Promise<void> {
  const { entries } = await openCheckpoint(source);
  for (const entry of entries.values()) await entry.read();
}

async function expectRefusal(source: RandomAccess, rule: string): Promise<void> {
  await expect(readAll(source)).rejects.toThrow(rule);
  await expect(readAll(source)).rejects.toBeInstanceOf(CheckpointError);
}

/** The rule that refuses each file of the folder. */
const RULES: Readonly<Record<string, string>> = {
  'big_endian.pt': 'expected little-endian data, got a file of a big-endian machine',
  'exec_build_setstate.pt': 'got a file that makes a torch.nn.modules.module.Module object',
  'exec_inside_state_dict.pt': 'got a file that refers to posix.system, which is code',
  'exec_newobj.pt': 'got a file that refers to subprocess.Popen, which is code',
  'exec_stack_global.pt': 'got a file that refers to os.system, which is code',
  'laughs.pt': 'expected a finite structure, got one that repeats itself',
  'legacy_exec_in_sysinfo.pt': 'got a file that refers to posix.system, which is code',
  'legacy_numel_huge.pt': 'expected storage "111" inside the file, got an end at 4503599627370770 of 338',
  'numel_huge.pt': 'expected 4000000000000000 bytes in storage "0", got 64',
  'self_containing.pt': 'expected at most 64 levels of nesting',
  'st_duplicate_key.safetensors': 'the key "a" occurs twice',
  'st_hole.safetensors': 'expected "b" at byte 16 of the data, got 32 (hole)',
  'st_shape_overflow.safetensors': 'expected sizes >= 0 with an exact product for "a"',
  'stride0_huge.pt': 'expected a tensor no larger than the file, got [1000000000000]',
  'zip_crc_mismatch.pt': 'expected the checksum of "archive/data/0" to fit its bytes',
  'zip_offset_lie.pt': 'expected "archive/data/0" before the directory',
  'zip_overlap.pt': 'expected separate entries, got "archive/data/0" inside another one',
  'zip_two_roots.pt': 'expected one data.pkl in the archive, got 2',
};

describe('a hostile file', () => {
  const folder = new URL('./__fixtures__/hostile/', import.meta.url);

  it.each(readdirSync(folder))('%s is refused by its rule', async (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)));
    await expectRefusal(bytesSource(bytes), RULES[name]!);
  });
});

const storage = new Uint8Array(Float32Array.of(1, -2, 0.5, 8).buffer);

/** A torch file with one storage of four numbers. */
function torchFile(views: Readonly<Record<string, PickledView>>, data: Partial<ZipFile> = {}) {
  return buildZip([
    { name: 'a/data.pkl', bytes: tensorPickle(views) },
    { name: 'a/data/0', bytes: storage, ...data },
  ]);
}

describe('a view of a storage', () => {
  const read = async (view: PickledView) => {
    const { entries } = await openCheckpoint(torchFile({ w: view }));
    return [...(await entries.get('w')!.read()).data];
  };

  it('may reach to its very end, with an offset and strides', async () => {
    expect(await read({ count: 4, offset: 1, shape: [3], strides: [1] })).toEqual([-2, 0.5, 8]);
    expect(await read({ count: 4, offset: 0, shape: [2, 2], strides: [1, 2] })).toEqual([1, 0.5, -2, 8]);
    expect(await read({ count: 4, offset: 1, shape: [2], strides: [2] })).toEqual([-2, 8]);
    expect(await read({ count: 4, offset: 3, shape: [2, 2], strides: [0, 0] })).toEqual([8, 8, 8, 8]);
    expect(await read({ count: 4, offset: 4, shape: [0], strides: [1] })).toEqual([]);
  });

  it.each<[string, PickledView]>([
    ['got element 4', { count: 4, offset: 1, shape: [4], strides: [1] }],
    ['got element 4', { count: 4, offset: 2, shape: [2], strides: [2] }],
    ['got element 4', { count: 4, offset: 0, shape: [3, 2], strides: [1, 2] }],
    ['got element 4', { count: 4, offset: 4, shape: [], strides: [] }],
    ['got element 4', { count: 4, offset: 5, shape: [0], strides: [1] }],
    ['expected 1 strides >= 0', { count: 4, offset: 3, shape: [2], strides: [-1] }],
    ['expected 2 strides >= 0', { count: 4, shape: [2, 2], strides: [1] }],
    ['expected an offset >= 0, got -1', { count: 4, offset: -1, shape: [1], strides: [1] }],
    ['expected sizes >= 0 with an exact product', { count: 4, shape: [-2], strides: [1] }],
    ['expected 12 bytes in storage "0", got 16', { count: 3, shape: [3], strides: [1] }],
    ['expected a whole number of elements in storage "0", got -4', { count: -4, shape: [0], strides: [1] }],
    ['expected an entry for storage "1", got none', { count: 4, key: '1', shape: [4], strides: [1] }],
    ['expected a storage key', { count: 4, key: '', shape: [4], strides: [1] }],
    ['expected a persistent id of kind "storage"', { count: 4, kind: 'module', shape: [4], strides: [1] }],
    ['got torch.QInt8Storage', { count: 4, storage: 'torch\nQInt8Storage', shape: [4], strides: [1] }],
    ['got torch.constructor', { count: 4, storage: 'torch\nconstructor', shape: [4], strides: [1] }],
    ['got other.FloatStorage', { count: 4, storage: 'other\nFloatStorage', shape: [4], strides: [1] }],
  ])('that is not inside it is refused: %s', async (rule, view) => {
    await expectRefusal(torchFile({ w: view }), rule);
  });

  it('is refused where two tensors describe the storage differently', async () => {
    const whole = { count: 4, shape: [4], strides: [1] };
    const rule = 'expected one description of storage "0", got two';
    await expectRefusal(torchFile({ a: whole, b: { ...whole, count: 3, shape: [3] } }), rule);
    await expectRefusal(torchFile({ a: whole, b: { ...whole, storage: 'torch\nIntStorage' } }), rule);
  });

  it('is an alias of an equal one and of no other', async () => {
    const whole = { count: 4, shape: [4], strides: [1] };
    const { entries } = await openCheckpoint(
      torchFile({
        a: whole,
        same: whole,
        shape: { count: 4, shape: [4, 1], strides: [1, 1] },
        offset: { count: 4, offset: 1, shape: [3], strides: [1] },
        strides: { count: 4, shape: [4], strides: [0] },
      }),
    );
    const aliases = [...entries].map(([name, { aliasOf }]) => [name, aliasOf]);
    expect(aliases).toEqual([
      ['a', undefined],
      ['same', 'a'],
      ['shape', undefined],
      ['offset', undefined],
      ['strides', undefined],
    ]);
  });
});

describe('an archive', () => {
  const whole = { w: { count: 4, shape: [4], strides: [1] } };

  it.each<[string, Partial<ZipFile>]>([
    ['expected "a/data/0" without encryption; unpack the archive with its password', { flags: 1 }],
    ['expected "a/data/0" without encryption', { flags: 0x801 }],
    ['expected "a/data/0" stored without compression; use the file as torch.save wrote it', { method: 8 }],
    ['expected equal sizes of the stored entry "a/data/0", got 16 and 17', { unpackedSize: 17 }],
    ['expected the checksum of "a/data/0" to fit its bytes', { checksum: 1 }],
    ['expected a local header for "a/data/0"', { shift: 1 }],
    ['expected separate entries, got "a/data/0" inside another one', { shift: -40 }],
    ['expected the local header of "a/data/0", got another one', { localName: 'a/data/1' }],
  ])('that lies about an entry is refused: %s', async (rule, lie) => {
    await expectRefusal(torchFile(whole, lie), rule);
  });

  it('may set other flags, such as that of UTF-8 names', async () => {
    await expect(readAll(torchFile(whole, { flags: 0x800 }))).resolves.toBeUndefined();
  });

  it('is refused where the checksum of its pickle is another', async () => {
    const source = buildZip([{ name: 'a/data.pkl', bytes: tensorPickle({}), checksum: 7 }]);
    await expectRefusal(source, 'expected the checksum of "a/data.pkl" to fit its bytes');
  });

  it('is checked by its whole storage also where a tensor is a part of it', async () => {
    const part = { w: { count: 4, offset: 1, shape: [1], strides: [1] } };
    await expectRefusal(torchFile(part, { checksum: 1 }), 'expected the checksum of "a/data/0"');
    await expect(readAll(torchFile(part))).resolves.toBeUndefined();
  });

  it.each([
    ['big', 'got a file of a big-endian machine'],
    ['little\n', undefined],
  ])('says its byte order: %j', async (order, rule) => {
    const source = buildZip([
      { name: 'a/byteorder', bytes: new TextEncoder().encode(order) },
      { name: 'a/data.pkl', bytes: tensorPickle(whole) },
      { name: 'a/data/0', bytes: storage },
    ]);
    if (rule === undefined) await expect(readAll(source)).resolves.toBeUndefined();
    else await expectRefusal(source, rule);
  });
});

describe('a file of torch before 1.6', () => {
  const view: PickledView = { count: 4, shape: [4], strides: [1] };
  const text = (value: string) => ['X', [value.length, 0, 0, 0], value] as const;
  interface Lies {
    readonly magic?: string;
    readonly protocol?: number;
    readonly isLittle?: boolean;
    readonly keys?: readonly string[];
    readonly count?: number;
    /** Bytes left out at the end. */
    readonly cut?: number;
  }
  /** One storage of four numbers. */
  function file({
    magic = '',
    protocol = 1001,
    isLittle = true,
    keys = ['0'],
    count = 4,
    cut = 0,
  }: Lies = {}) {
    const bytes = [
      ...assemble(
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
        magic,
        '.',
      ),
      ...assemble('M', [protocol & 255, protocol >> 8], '.'),
      ...assemble('}', ...text('little_endian'), [isLittle ? 0x88 : 0x89], 's.'),
      ...tensorPickle({ w: view }),
      ...assemble(']', ...keys.flatMap((key) => [...text(key), 'a']), '.'),
      ...[count, 0, 0, 0, 0, 0, 0, 0],
      ...storage,
    ];
    return bytesSource(Uint8Array.from(bytes.slice(0, bytes.length - cut)));
  }

  it('is read', async () => {
    const checkpoint = await openCheckpoint(file());
    expect(checkpoint.container).toBe('torch-legacy');
    expect([...(await checkpoint.entries.get('w')!.read()).data]).toEqual([1, -2, 0.5, 8]);
  });

  it.each<[string, RandomAccess]>([
    ['expected the magic number of a torch file', file({ magic: 'N' })],
    ['expected torch protocol 1001, got another one', file({ protocol: 1000 })],
    ['expected little-endian data, got a file of another kind of machine', file({ isLittle: false })],
    ['expected distinct storage keys', file({ keys: ['0', '0'] })],
    ['expected storage "0" in the list of keys', file({ keys: ['1'] })],
    ['expected only storages that tensors use, got "1"', file({ keys: ['0', '1'], count: 4 })],
    ['expected 4 elements in storage "0", got 3', file({ count: 3 })],
    ['expected storage "0" inside the file, got an end at', file({ cut: 1 })],
  ])('is refused by its rule: %s', async (rule, source) => {
    await expectRefusal(source, rule);
  });
});

describe('a safetensors header', () => {
  /** Four bytes of data unless told otherwise. */
  function file(header: string, dataLength = 4, length = header.length): RandomAccess {
    const bytes = new Uint8Array(8 + header.length + dataLength);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    return bytesSource(bytes);
  }
  const tensor = (change: object = {}) => ({ dtype: 'F32', shape: [1], data_offsets: [0, 4], ...change });
  const one = (change: object) => JSON.stringify({ a: tensor(change) });
  const two = (a: object, b: object) => JSON.stringify({ a: tensor(a), b: tensor(b) });

  it('is accepted where it tiles the data', async () => {
    await expect(readAll(file(one({})))).resolves.toBeUndefined();
    await expect(readAll(file(two({ data_offsets: [4, 8] }, {}), 8))).resolves.toBeUndefined();
    await expect(readAll(bytesSource(encodeSafetensors(new Map())))).resolves.toBeUndefined();
  });

  it.each<[string, RandomAccess]>([
    ['expected a header of at most 100000000 bytes, got 100000001', file('{}', 4, 100_000_001)],
    ['expected a header of at most 6 bytes in this file, got 7', file('{}', 4, 7)],
    ['expected a dtype of F64', file(one({ dtype: 'F8_E4M3' }))],
    ['for "a", got "constructor"', file(one({ dtype: 'constructor' }))],
    [
      'expected offsets inside 4 bytes of data for "a", got [0,8]',
      file(one({ shape: [2], data_offsets: [0, 8] })),
    ],
    ['expected offsets inside 4 bytes of data for "a", got [-4,0]', file(one({ data_offsets: [-4, 0] }))],
    ['expected offsets inside 4 bytes of data for "a", got [4,0]', file(one({ data_offsets: [4, 0] }))],
    ['expected offsets inside 4 bytes of data for "a", got [0]', file(one({ data_offsets: [0] }))],
    ['expected 8 bytes for F32 [2] "a", got 4', file(one({ shape: [2] }))],
    ['expected sizes >= 0 with an exact product for "a", got [-1]', file(one({ shape: [-1] }))],
    ['expected sizes >= 0 with an exact product for "a", got [1.5]', file(one({ shape: [1.5] }))],
    ['got 0 (overlap)', file(two({}, {}), 8)],
    ['got 8 (hole)', file(two({}, { data_offsets: [8, 12] }), 12)],
    ['expected an object for "a"', file('{"a":1}')],
    ['expected a string for __metadata__.x', file('{"__metadata__":{"x":1}}', 0)],
    ['the key "x" occurs twice', file('{"__metadata__":{"x":"1","x":"2"}}', 0)],
  ])('is refused by its rule: %s', async (rule, source) => {
    await expectRefusal(source, rule);
  });

  it('must reach to the end of the file', async () => {
    await expectRefusal(file(one({}), 5), 'checkpoints.safetensors');
  });
});
