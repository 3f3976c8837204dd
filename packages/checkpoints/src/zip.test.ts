import { describe, expect, it } from 'vitest';
import { buildZip, vectorPickle, type ZipFile } from './__fixtures__/build-zip.js';
import { openCheckpoint } from './open.js';
import { bytesSource } from './random-access.js';
import { locateZipEntry, readZipDirectory } from './zip.js';

const GIB = 2 ** 30;
const vector = new Uint8Array(Float32Array.of(1, -2, 0.5, 8).buffer);

describe('zip', () => {
  it('reads one tensor of a file of more than 4 GiB without reading the rest', async () => {
    const source = buildZip([
      { name: 'archive/data/other', emptyBytes: 5 * GIB },
      { name: 'archive/data/0', bytes: vector },
      { name: 'archive/data.pkl', bytes: vectorPickle('w', 4) },
    ]);
    expect(source.size).toBeGreaterThan(5 * GIB);
    const { entries } = await openCheckpoint(source);
    expect((await entries.get('w')!.read()).data).toEqual(Float32Array.of(1, -2, 0.5, 8));
    expect(source.bytesRead()).toBeLessThan(70_000);
  });

  it('checks the checksum of a storage at its first use', async () => {
    const source = buildZip([
      { name: 'a/data.pkl', bytes: vectorPickle('w', 4) },
      { name: 'a/data/0', bytes: new Uint8Array(8), emptyBytes: 8 },
    ]);
    const { entries } = await openCheckpoint(source);
    await expect(entries.get('w')!.read()).rejects.toThrow('expected the checksum of "a/data/0"');
  });

  it.each(['../evil', '/etc/evil', 'a/../../evil', 'C:evil', 'a\\..\\evil', ''])(
    'refuses the entry name %j',
    async (name) => {
      await expect(readZipDirectory(buildZip([{ name, bytes: vector }]))).rejects.toThrow(
        'expected a relative entry name',
      );
    },
  );

  it('refuses a name that occurs twice', async () => {
    const files = [
      { name: 'a/b', bytes: vector },
      { name: 'a/b', bytes: vector },
    ];
    await expect(readZipDirectory(buildZip(files))).rejects.toThrow('expected one entry "a/b", got two');
  });

  it('refuses a storage whose size is not what the pickle says', async () => {
    const source = buildZip([
      { name: 'a/data.pkl', bytes: vectorPickle('w', 5) },
      { name: 'a/data/0', bytes: vector },
    ]);
    await expect(openCheckpoint(source)).rejects.toThrow('expected 20 bytes in storage "0", got 16');
  });
});

/** The bytes of a zip, with the places of what lies behind its files. */
async function openBytes(files: readonly ZipFile[]) {
  const source = buildZip(files);
  const bytes = await source.read(0, source.size);
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  const record = end - 20 - 56;
  return {
    bytes,
    view,
    end,
    locator: end - 20,
    record,
    directory: Number(view.getBigUint64(record + 48, true)),
  };
}

describe('the directory of a zip', () => {
  const files: ZipFile[] = [
    { name: 'a/data.pkl', bytes: vectorPickle('w', 4) },
    { name: 'a/data/0', bytes: vector },
  ];
  const names = async (bytes: Uint8Array) => [...(await readZipDirectory(bytesSource(bytes))).keys()];
  const u64 = (view: DataView, at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  const lengthOf = (name: string) => 46 + name.length + 28;

  it.each<[string, (zip: Awaited<ReturnType<typeof openBytes>>) => void]>([
    ['expected 1 entries, got 2', ({ view, record }) => u64(view, record + 32, 1)],
    ['expected at most 3 entries, got 4', ({ view, record }) => u64(view, record + 32, 4)],
    [
      'expected the directory to end at',
      ({ view, record }) => {
        u64(view, record + 32, 1);
        u64(view, record + 40, lengthOf('a/data.pkl'));
      },
    ],
    [
      'expected the directory to end at',
      ({ view, record, directory }) => u64(view, record + 48, directory + 1),
    ],
    ['expected another directory entry', ({ view, directory }) => view.setUint32(directory, 7, true)],
    [
      'expected a zip64 field with 64-bit sizes',
      ({ view, directory }) => view.setUint16(directory + 56, 2, true),
    ],
    [
      'expected a zip64 field with 64-bit sizes',
      ({ view, directory }) => view.setUint16(directory + 58, 16, true),
    ],
    [
      'expected the zip64 end record before its locator',
      ({ view, locator, record }) => u64(view, locator + 8, record + 1),
    ],
    ['expected a zip64 end record', ({ view, record }) => view.setUint32(record, 7, true)],
    ['expected an end-of-directory record, got none', ({ view, end }) => view.setUint16(end + 20, 1, true)],
  ])('that lies about itself is refused: %s', async (rule, lie) => {
    const zip = await openBytes(files);
    expect(await names(zip.bytes)).toEqual(['a/data.pkl', 'a/data/0']);
    lie(zip);
    await expect(names(zip.bytes)).rejects.toThrow(rule);
  });

  it('may name its entries in any order', async () => {
    const { bytes, directory } = await openBytes(files);
    const first = bytes.slice(directory, directory + lengthOf('a/data.pkl'));
    const second = bytes.slice(directory + first.length, directory + first.length + lengthOf('a/data/0'));
    bytes.set(second, directory);
    bytes.set(first, directory + second.length);
    expect(await names(bytes)).toEqual(['a/data/0', 'a/data.pkl']);
  });

  it('is found before a comment that looks like an end, and lies in one part', async () => {
    const { bytes, record, directory } = await openBytes(files);
    const comment = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18).fill(9));
    const short = new Uint8Array(record + 22 + comment.length);
    short.set(bytes.subarray(0, record));
    short.set(comment, record + 22);
    const view = new DataView(short.buffer, record);
    view.setUint32(0, 0x06054b50, true);
    view.setUint16(10, files.length, true);
    view.setUint32(12, record - directory, true);
    view.setUint32(16, directory, true);
    view.setUint16(20, comment.length, true);
    expect(await names(short)).toEqual(['a/data.pkl', 'a/data/0']);
    for (const field of [4, 6]) {
      view.setUint16(field, 1, true);
      await expect(names(short)).rejects.toThrow('expected a zip in one part');
      view.setUint16(field, 0, true);
    }
  });

  it('does not let data reach out of the file behind a longer local header', async () => {
    const { bytes, view } = await openBytes(files);
    view.setUint16(28, 0xffff, true);
    const source = bytesSource(bytes);
    const entry = (await readZipDirectory(source)).get('a/data.pkl')!;
    await expect(locateZipEntry(source, entry)).rejects.toThrow('expected "a/data.pkl" inside the file');
  });
});

describe('an archive of torch', () => {
  it('has its pickle under the name data.pkl alone', async () => {
    const files = [
      { name: 'a/data.pkl', bytes: vectorPickle('w', 4) },
      { name: 'a/data/0', bytes: vector },
    ];
    const other = { name: 'a/metadata.pkl', bytes: vectorPickle('v', 4) };
    expect([...(await openCheckpoint(buildZip([other, ...files]))).entries.keys()]).toEqual(['w']);
    await expect(openCheckpoint(buildZip([...files, { ...other, name: 'b/data.pkl' }]))).rejects.toThrow(
      'expected one data.pkl in the archive, got 2',
    );
  });

  it('has a pickle of at most 64 MiB, told before it is read', async () => {
    const source = buildZip([{ name: 'a/data.pkl', emptyBytes: 2 ** 26 + 1 }]);
    await expect(openCheckpoint(source)).rejects.toThrow(
      'expected a data.pkl of at most 67108864 bytes, got 67108865',
    );
    expect(source.bytesRead()).toBeLessThan(70_000);
  });
});
