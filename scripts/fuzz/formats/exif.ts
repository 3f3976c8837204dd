import type { Random } from '@crrg/core';
import { deflateSync } from 'node:zlib';
import { bigEndian, join, latin1, littleEndian, splice } from '../bytes.js';
import { mutate, mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS, EDGES } from '../mutate-bytes.js';
import { PICTURE_LIMITS, readPicture } from '../read-picture.js';
import { jpegSeeds, jpegSegment } from './jpeg.js';
import { pngChunk, pngSeeds } from './png.js';

/** Orientation, size, resolution, the other directories, maker's notes. */
const TAGS = [0x0112, 0x0100, 0x0101, 0x011a, 0x8769, 0x8825, 0xa005, 0x927c, 0x0201, 0x0202, 0, 0xffff];
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 255, 65535];

/** A TIFF block of directories that may point at each other, at themselves and to nowhere. */
function tiff(random: Random): Uint8Array {
  const isLittleEndian = random.next() < 0.5;
  const number = isLittleEndian ? littleEndian : bigEndian;
  const directories = 1 + random.integer(4);
  const entries = 1 + random.integer(5);
  const size = 2 + 12 * entries + 4;
  const offset = () => {
    const kind = random.integer(4);
    return kind === 0
      ? pick(EDGES, random)
      : 8 + size * random.integer(directories + 1) + (kind === 1 ? random.integer(8) : 0);
  };
  const entry = () => {
    const isPlain = random.next() < 0.5;
    const type = isPlain ? 3 : pick(TYPES, random);
    const count = isPlain ? 1 : pick(EDGES, random);
    const value = isPlain ? number(random.integer(10), 2) : number(offset(), 4);
    return join(
      number(pick(TAGS, random), 2),
      number(type, 2),
      number(count, 4),
      value,
      new Uint8Array(4 - value.length),
    );
  };
  const directory = () => {
    const stated = random.next() < 0.7 ? entries : pick(EDGES, random) & 0xffff;
    return join(number(stated, 2), ...Array.from({ length: entries }, entry), number(offset(), 4));
  };
  const start = random.next() < 0.8 ? 8 : offset();
  return join(
    latin1(isLittleEndian ? 'II' : 'MM'),
    number(random.next() < 0.9 ? 42 : random.integer(65536), 2),
    number(start, 4),
    ...Array.from({ length: directories }, directory),
  );
}

/** EXIF, sometimes changed further. */
function exifBlock(random: Random): Uint8Array {
  const block = tiff(random);
  return random.next() < 0.5 ? block : mutate(block, BYTE_MUTATORS, random).slice(0, 60_000);
}

function xmp(random: Random): Uint8Array {
  const value = pick(['6', '0', '9', '99999999999999999999', '-1', '', '6'.repeat(50_000)], random);
  return latin1(
    `<?xpacket?>${' '.repeat(pick([0, 0, 60_000], random))}<x tiff:Orientation="${value}"/><y tiff:Orientation >${value}<`,
  );
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const rawProfile = (block: Uint8Array) =>
  latin1(`\nexif\n ${block.length}\n${hex(join(latin1('Exif\0\0'), block)).replace(/.{72}/g, '$&\n')}\n`);

const SIGNATURE_AND_HEADER = 33;
const isPng = (file: Uint8Array) => file[0] === 0x89;

function pngMetadata(random: Random): Uint8Array {
  const block = exifBlock(random);
  switch (random.integer(5)) {
    case 0:
      return pngChunk('tEXt', join(latin1('Raw profile type exif\0'), rawProfile(block)));
    case 1:
      return pngChunk('zTXt', join(latin1('Raw profile type APP1\0\0'), deflateSync(rawProfile(block))));
    case 2:
      return pngChunk('iTXt', join(latin1('XML:com.adobe.xmp\0\0\0\0\0'), xmp(random)));
    default:
      return pngChunk('eXIf', random.next() < 0.3 ? join(latin1('Exif\0\0'), block) : block);
  }
}

const jpegMetadata = (random: Random): Uint8Array =>
  jpegSegment(
    0xe1,
    random.next() < 0.2
      ? join(latin1('http://ns.adobe.com/xap/1.0/\0'), xmp(random))
      : join(latin1('Exif\0\0'), exifBlock(random)),
  );

/** One block of metadata, or a few, behind the header. */
const insertMetadata: Mutator = (file, random) => {
  const count = random.next() < 0.8 ? 1 : 1 + random.integer(20);
  const make = () => (isPng(file) ? pngMetadata(random) : jpegMetadata(random));
  return splice(
    file,
    isPng(file) ? SIGNATURE_AND_HEADER : 2,
    0,
    join(...Array.from({ length: count }, make)),
  );
};

export const format: FuzzFormat = {
  limits: PICTURE_LIMITS,
  makeCase: mutatingCases(
    async () => [...(await pngSeeds()), ...(await jpegSeeds())].filter(({ length }) => length < 1_500),
    [insertMetadata],
    [insertMetadata],
  ),
  read: readPicture,
};
