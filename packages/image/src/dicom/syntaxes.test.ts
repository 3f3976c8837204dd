import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  BIG_ENDIAN,
  DEFLATED,
  dicomFile,
  EXPLICIT,
  filmElements,
  IMPLICIT,
  nativePixels,
} from '../__fixtures__/dicom-file.js';
import { letters } from '../__fixtures__/file-parts.js';
import { joinBytes } from '../join-bytes.js';
import { decodeImage } from '../node.js';
import { nodeCodecs } from './codecs-node.js';
import { readDicom } from './read-dicom.js';

const FOLDER = new URL('./__fixtures__/syntaxes/', import.meta.url);
const bytesOf = async (name: string) => new Uint8Array(await readFile(new URL(name, FOLDER)));
const hashOf = async (bytes: Uint8Array) => (await readDicom(bytes, nodeCodecs)).provenance.pixelSha256;

/** SHA-256 of the 12-bit values, by pydicom 3.0.2. */
const FILM = '00ba42248448dbee2e6f95b442a7253f82594bfb2b3fcae36c31a46e289f771f';

/** A file whose codestream, up to its end marker, was changed. */
async function withCodestream(name: string, change: (stream: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  const whole = Buffer.from(await bytesOf(`${name}.dcm`));
  const fragment = whole.lastIndexOf(Buffer.from([0xfe, 0xff, 0, 0xe0])) + 8;
  const end = whole.lastIndexOf(Buffer.from([0xff, 0xd9])) + 2;
  const changed = change(whole.subarray(fragment, end));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(changed.length);
  const close = whole.subarray(whole.length - 8);
  return new Uint8Array(Buffer.concat([whole.subarray(0, fragment - 4), length, changed, close]));
}

describe('one film', () => {
  it.each([IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])('has its values in %s', async (syntax) => {
    const { data, width, height } = await decodeImage(await bytesOf('film-12bit.png'));
    const film = filmElements({ rows: height, columns: width, bitsStored: 12 });
    expect(await hashOf(dicomFile([...film, nativePixels(Array.from(data))], { syntax }))).toBe(FILM);
  });

  it.each([
    'jpeg-lossless-57',
    'jpeg-lossless-70',
    'jpeg-ls-lossless',
    'jpeg-2000-lossless',
    'htj2k-lossless',
    'htj2k-rpcl',
    'rle',
  ])('has its values in %s', async (name) => {
    expect(await hashOf(await bytesOf(`${name}.dcm`))).toBe(FILM);
  });

  it.each([
    [
      'jpeg-baseline',
      'dcmtk 3.6.7 and GDCM 3.0.21',
      'be561788e864f8078128d78edda27f43f86758654fe8b00b598034d1d9160f03',
    ],
    [
      'jpeg-extended',
      'dcmtk 3.6.7 and GDCM 3.0.21',
      '4cc731f222fb45b047724144eb86d4c22b2f3d3d7dc8f0b797f68857e7ba60ff',
    ],
    [
      'jpeg-ls-near',
      'dcmtk 3.6.7 and GDCM 3.0.21',
      '8050313fa190c763bf8a53734ba04f7e0e0f35bdb2806a81f0062946cd62bc5a',
    ],
    [
      'jpeg-2000',
      'GDCM 3.0.21 and pydicom 3.0.2',
      'b8e576046f3238a0fbdaeb61e847988b9da8a517fa627efa1ff53168a5aee800',
    ],
  ])('has the values of %s that %s give, bit for bit', async (name, _, hash) => {
    expect(await hashOf(await bytesOf(`${name}.dcm`))).toBe(hash);
  });

  it.each([
    'jpeg-2000-lossless',
    'htj2k-lossless',
    'jpeg-ls-lossless',
    'jpeg-lossless-70',
    'jpeg-extended',
    'rle',
  ])('in %s is refused where its codestream lost its end, a middle part or its size', async (name) => {
    const whole = await bytesOf(`${name}.dcm`);
    const lost = (start: number, end: number) =>
      Buffer.concat([whole.subarray(0, whole.length - start), whole.subarray(whole.length - end)]);
    for (const [start, end] of [
      [5000, 8],
      [20_000, 15_000],
    ] as const) {
      const damaged = lost(start, end);
      await expect(readDicom(damaged, nodeCodecs)).rejects.toMatchObject({ name: 'ImageError' });
    }
    const rows = Buffer.from([0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0]);
    const taller = Buffer.from(whole);
    taller.writeUInt16LE(225, taller.indexOf(rows) + 8);
    const message = /cut off or too long|pixels are missing|224x224/;
    await expect(readDicom(taller, nodeCodecs)).rejects.toThrow(message);
  });

  it('is within 3 of 4095 in lossy HTJ2K, as far as OpenJPEG is (irreversible transforms round as they like)', async () => {
    const { data } = await decodeImage(await bytesOf('film-12bit.png'));
    const film = filmElements({ rows: 224, columns: 224, bitsStored: 12 }, [
      [0x00281050, 'DS', '2048'],
      [0x00281051, 'DS', '4096'],
    ]);
    const original = await readDicom(dicomFile([...film, nativePixels(Array.from(data))]), nodeCodecs);
    const { image } = await readDicom(await bytesOf('htj2k.dcm'), nodeCodecs);
    const differences = Array.from(image.data, (grey, at) => Math.abs(grey - original.image.data[at]!));
    expect(Math.max(...differences) / 16.004).toBeLessThan(3.1);
  });

  it.each(['jpeg-2000-lossless', 'htj2k-lossless', 'jpeg-ls-lossless'])(
    'in %s is refused where its fragment is cut and closed again',
    async (name) => {
      const whole = Buffer.from(await bytesOf(`${name}.dcm`));
      const item = Buffer.from([0xfe, 0xff, 0, 0xe0]);
      const fragment = whole.lastIndexOf(item);
      const length = whole.readUInt32LE(fragment + 4);
      for (const share of [0.25, 0.5, 0.9, 0.99]) {
        const kept = Math.floor((length * share) / 2) * 2;
        const cut = Buffer.concat([
          whole.subarray(0, fragment + 8 + kept),
          whole.subarray(fragment + 8 + length),
        ]);
        cut.writeUInt32LE(kept, fragment + 4);
        await expect(readDicom(cut, nodeCodecs)).rejects.toThrow(/cut off/);
      }
    },
  );

  it.each([
    ['jpeg-ls-lossless', 0xff],
    ['jpeg-ls-lossless', 0x00],
    ['jpeg-lossless-70', 0x20],
    ['jpeg-2000-lossless', 0xff],
  ])('in %s may end with a byte of %i that makes its length even', async (name, padding) => {
    const padded = await withCodestream(name, (stream) => joinBytes([stream, Uint8Array.of(padding)]));
    expect(await hashOf(padded)).toBe(FILM);
  });

  it('in JPEG 2000 may lie in the boxes of a JP2 file, whole', async () => {
    const box = (kind: string, body: Uint8Array, length = body.length + 8) =>
      joinBytes([Uint8Array.of(0, 0, length >> 8, length & 255), letters(kind), body]);
    const before = [box('jP  ', Uint8Array.of(13, 10, 0x87, 10)), box('jp2h', new Uint8Array(22))];
    const boxed = (kind: string, length?: number) =>
      withCodestream('jpeg-2000-lossless', (stream) => joinBytes([...before, box(kind, stream, length)]));
    expect(await hashOf(await boxed('jp2c', 0))).toBe(FILM);
    await expect(hashOf(await boxed('jp2x', 0))).rejects.toThrow('its JPEG 2000 data have no header');
    await expect(hashOf(await boxed('jp2c', 2000))).rejects.toThrow(/cut off/);
  });
});
