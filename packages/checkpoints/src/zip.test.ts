import { describe, expect, it } from 'vitest';
import { buildZip, vectorPickle } from './__fixtures__/build-zip.js';
import { openCheckpoint } from './open.js';
import { readZipDirectory } from './zip.js';

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
