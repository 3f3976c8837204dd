import { readdir, readFile } from 'node:fs/promises';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { Random } from '@crrg/core';
import { bigEndian, join, joinAll, latin1, viewOf } from '../bytes.js';
import { mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS, EDGES } from '../mutate-bytes.js';
import { PICTURE_LIMITS, readPicture } from '../read-picture.js';

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const TYPES = [
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'iCCP',
  'sBIT',
  'tEXt',
  'zTXt',
  'iTXt',
  'eXIf',
  'pHYs',
  'acTL',
  'fdAT',
  'ABCD',
  'abcd',
];
/** Values that a field of the header may have. */
const DEPTHS = [0, 1, 2, 4, 8, 16, 32, 255];
const COLOUR_TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 255];

function parseChunks(file: Uint8Array): Chunk[] {
  const view = viewOf(file);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= file.length;) {
    const end = Math.min(file.length - 4, at + 8 + view.getUint32(at));
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    chunks.push({ type, data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

/** A chunk with the right checksum. */
export function pngChunk(type: string, data: Uint8Array | readonly number[]): Uint8Array {
  const body = join(latin1(type), data);
  return join(bigEndian(data.length, 4), body, bigEndian(crc32(body), 4));
}

const writeChunks = (chunks: readonly Chunk[]) =>
  join(SIGNATURE, joinAll(chunks.map(({ type, data }) => pngChunk(type, data))));

/** A mutator of the list of chunks; every chunk gets its right checksum again. */
const ofChunks =
  (change: (chunks: readonly Chunk[], random: Random) => readonly Chunk[]): Mutator =>
  (file, random) =>
    writeChunks(change(parseChunks(file), random));

const ofChunk = (
  change: (chunk: Chunk, random: Random) => Chunk,
  test: (chunk: Chunk) => boolean = () => true,
) =>
  ofChunks((chunks, random) => {
    const places = [...chunks.keys()].filter((at) => test(chunks[at]!));
    const chosen = places.length === 0 ? -1 : pick(places, random);
    return chunks.map((chunk, at) => (at === chosen ? change(chunk, random) : chunk));
  });

const isType = (type: string) => (chunk: Chunk) => chunk.type === type;

function inflateSome(data: Uint8Array): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: 2 ** 24 });
  } catch {
    return data;
  }
}

const changeHeader = ofChunk(({ type, data }, random) => {
  const copy = data.slice();
  const field = random.integer(7);
  if (field < 2)
    copy.set(
      bigEndian(random.next() < 0.5 ? pick(EDGES, random) : random.integer(300), 4).subarray(0, copy.length),
      Math.min(4 * field, Math.max(0, copy.length - 4)),
    );
  else if (field === 2) copy[8] = pick(DEPTHS, random);
  else if (field === 3) copy[9] = pick(COLOUR_TYPES, random);
  else copy[8 + field] = random.integer(4);
  return { type, data: copy };
}, isType('IHDR'));

const changeData = ofChunk(({ type, data }, random) => ({
  type,
  data: pick(BYTE_MUTATORS, random)(data, random),
}));

const changePixels = ofChunk(
  ({ type, data }, random) => ({
    type,
    data: deflateSync(pick(BYTE_MUTATORS, random)(inflateSome(data), random)),
  }),
  isType('IDAT'),
);

/** Far more, or fewer, pixels than the header says. */
const changeAmount = ofChunk(
  ({ type }, random) => ({
    type,
    data: deflateSync(new Uint8Array(pick([0, 1, 1000, 2 ** 20, 2 ** 25], random))),
  }),
  isType('IDAT'),
);

const splitData = ofChunks((chunks, random) =>
  chunks.flatMap((chunk) => {
    const at = random.integer(chunk.data.length + 1);
    return chunk.type === 'IDAT'
      ? [
          { ...chunk, data: chunk.data.subarray(0, at) },
          { type: 'IDAT', data: chunk.data.subarray(at) },
        ]
      : [chunk];
  }),
);

const renameChunk = ofChunk(({ data }, random) => ({ type: pick(TYPES, random), data }));

const reorder = ofChunks((chunks, random) => {
  const copy = [...chunks];
  const [chunk] = copy.splice(random.integer(copy.length), 1);
  const kind = random.integer(3);
  if (chunk && kind > 0)
    copy.splice(random.integer(copy.length + 1), 0, ...(kind === 1 ? [chunk] : [chunk, chunk]));
  return copy;
});

const KEYWORDS = ['Raw profile type exif', 'Raw profile type APP1', 'XML:com.adobe.xmp', 'Comment', ''];

function metadata(random: Random): Chunk {
  const keyword = latin1(pick(KEYWORDS, random));
  const text =
    random.next() < 0.5
      ? latin1('\nexif\n 26\n4d4d002a0000000800010112000300000001000600000000\n')
      : latin1('<x tiff:Orientation="6"/>');
  const packed = deflateSync(random.next() < 0.2 ? new Uint8Array(2 ** 24) : text);
  switch (random.integer(5)) {
    case 0:
      return { type: 'tEXt', data: join(keyword, [0], text) };
    case 1:
      return { type: 'zTXt', data: join(keyword, [0, 0], packed) };
    case 2:
      return {
        type: 'iTXt',
        data: join(keyword, [0, random.integer(3), 0, 0, 0], random.next() < 0.5 ? packed : text),
      };
    case 3:
      return {
        type: 'sBIT',
        data: Uint8Array.from({ length: random.integer(5) }, () => random.integer(256)),
      };
    default:
      return {
        type: 'PLTE',
        data: Uint8Array.from({ length: random.integer(800) }, () => random.integer(256)),
      };
  }
}

const insertMetadata = ofChunks((chunks, random) => {
  const at = Math.min(chunks.length, 1 + random.integer(Math.max(1, chunks.length)));
  const one = metadata(random);
  const inserted = new Array<Chunk>(random.next() < 0.05 ? 500 : 1).fill(one);
  return [...chunks.slice(0, at), ...inserted, ...chunks.slice(at)];
});

const MUTATORS: readonly Mutator[] = [
  changeHeader,
  changeHeader,
  changeData,
  changePixels,
  changeAmount,
  splitData,
  renameChunk,
  reorder,
  insertMetadata,
];

function picture(
  width: number,
  height: number,
  bitDepth: number,
  colourType: number,
  channels: number,
): Uint8Array {
  const rowBytes = Math.ceil((width * bitDepth * channels) / 8);
  const rows = Array.from({ length: height }, (_, y) =>
    Uint8Array.from({ length: rowBytes + 1 }, (__, x) => (x === 0 ? y % 5 : (x * 7 + y * 13) & 255)),
  );
  const header = join(bigEndian(width, 4), bigEndian(height, 4), [bitDepth, colourType, 0, 0, 0]);
  return writeChunks([
    { type: 'IHDR', data: header },
    ...(colourType === 3
      ? [{ type: 'PLTE', data: Uint8Array.from({ length: 3 * 2 ** bitDepth }, (_, at) => at & 255) }]
      : []),
    { type: 'IDAT', data: deflateSync(join(...rows)) },
    { type: 'IEND', data: new Uint8Array() },
  ]);
}

const FIXTURES = new URL('../../../packages/image/src/__fixtures__/', import.meta.url);

/** Small pictures of every kind. */
export async function pngSeeds(): Promise<Uint8Array[]> {
  const names = (await readdir(FIXTURES)).filter((name) =>
    /^(film|one1x1\.in|thin7x1200\.in|g1000x800_ramp\.in|q333x512_16\.in)\.png$/.test(name),
  );
  const fixtures = await Promise.all(
    names.sort().map(async (name) => new Uint8Array(await readFile(new URL(name, FIXTURES)))),
  );
  return [
    ...fixtures,
    picture(40, 30, 8, 0, 1),
    picture(40, 30, 16, 0, 1),
    picture(41, 31, 1, 0, 1),
    picture(41, 31, 4, 0, 1),
    picture(40, 30, 8, 2, 3),
    picture(40, 30, 8, 3, 1),
    picture(41, 31, 2, 3, 1),
    picture(40, 30, 16, 6, 4),
    picture(40, 30, 8, 4, 2),
  ];
}

export const format: FuzzFormat = {
  limits: PICTURE_LIMITS,
  makeCase: mutatingCases(pngSeeds, MUTATORS, BYTE_MUTATORS),
  read: readPicture,
};
