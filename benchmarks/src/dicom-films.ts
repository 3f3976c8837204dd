import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { encodePng, greyImage, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';

const EXAMPLES = ['nih-00001403_002.jpg', 'nih-00001749_003.jpg'];
/** How much larger than the example films; 1024 pixels a side. */
const SCALE = 2;

const SYNTAXES = {
  explicit: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
  jpeg: '1.2.840.10008.1.2.4.50',
} as const;
type SyntaxName = keyof typeof SYNTAXES;
const NAMES = Object.keys(SYNTAXES) as SyntaxName[];

/** A film to be read, 12 bits in 16 or, as JPEG, 8 bits. */
interface Film {
  readonly jpeg: Uint8Array;
  readonly small: GreyImage;
  readonly image: GreyImage;
}

/** The syntaxes of the films, in the order in which they take turns. */
export const SYNTAX_NAMES: readonly string[] = NAMES;

/**
 * Writes `count` DICOM films made of the example radiographs, no two alike, into one folder, and the first `pngCount` of them as PNG
 * into another. Every fifth is JPEG at 512 pixels a side, the others 1024 pixels in four syntaxes.
 */
export async function writeFilms(
  folders: { dicom: string; png: string },
  count: number,
  pngCount: number,
): Promise<void> {
  const films = await Promise.all(EXAMPLES.map(readExample));
  for (let index = 0; index < count; index++) {
    const syntax = NAMES[index % NAMES.length]!;
    const film = films[(index >> 1) % films.length]!;
    const image = syntax === 'jpeg' ? film.small : darkened(film.image, index);
    const name = `film-${String(index).padStart(4, '0')}`;
    await writeFile(join(folders.dicom, `${name}.dcm`), toDicom(syntax, image, film.jpeg, index));
    if (index < pngCount) await writeFile(join(folders.png, `${name}.png`), encodePng(to16Bits(image)));
  }
}

async function readExample(name: string): Promise<Film> {
  const jpeg = new Uint8Array(await readFile(new URL(`../../examples/radiographs/${name}`, import.meta.url)));
  const small = await decodeImage(jpeg);
  const [width, height] = [small.width * SCALE, small.height * SCALE];
  const data = Uint16Array.from({ length: width * height }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    const grey = small.data[Math.floor(row / SCALE) * small.width + Math.floor(column / SCALE)]!;
    // Grain as in a real film, so that nothing compresses better than it would.
    return Math.min(4095, grey * 16 + ((at * 7919) % 13));
  });
  return { jpeg, small, image: greyImage(width, height, data) };
}

function darkened(image: GreyImage, by: number): GreyImage {
  const data = Uint16Array.from(image.data, (value) => Math.max(0, value - by));
  return greyImage(image.width, image.height, data);
}

function to16Bits(image: GreyImage): GreyImage {
  if (image.bitDepth === 8) return image;
  return greyImage(
    image.width,
    image.height,
    Uint16Array.from(image.data, (value) => Math.round((value * 65_535) / 4095)),
  );
}

function toDicom(syntax: SyntaxName, image: GreyImage, jpeg: Uint8Array, index: number): Uint8Array {
  const isExplicit = syntax !== 'implicit';
  const element = (tag: number, vr: string, value: string | number | Uint8Array) =>
    elementBytes(tag, vr, value, isExplicit);
  const bits = image.bitDepth === 8 ? 8 : 12;
  const allocated = image.bitDepth;
  const cells = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  const data = Buffer.concat([
    element(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1'),
    element(0x00080060, 'CS', 'CR'),
    element(0x00180015, 'CS', 'CHEST'),
    element(0x00185101, 'CS', 'PA'),
    element(0x00200013, 'IS', String(index)),
    element(0x00280002, 'US', 1),
    element(0x00280004, 'CS', 'MONOCHROME2'),
    element(0x00280010, 'US', image.height),
    element(0x00280011, 'US', image.width),
    element(0x00280100, 'US', allocated),
    element(0x00280101, 'US', bits),
    element(0x00280102, 'US', bits - 1),
    element(0x00280103, 'US', 0),
    element(0x00281050, 'DS', String(2 ** (bits - 1))),
    element(0x00281051, 'DS', String(2 ** bits)),
    syntax === 'jpeg'
      ? fragment(jpeg)
      : syntax === 'rle'
        ? fragment(runLengths(image.data))
        : element(0x7fe00010, 'OW', cells),
  ]);
  const meta = Buffer.concat([
    elementBytes(0x00020001, 'OB', Uint8Array.of(0, 1), true),
    elementBytes(0x00020010, 'UI', SYNTAXES[syntax], true),
  ]);
  const length = Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0, meta.length, 0, 0, 0]);
  const body = syntax === 'deflated' ? deflateRawSync(data) : data;
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, body]);
}

function elementBytes(
  tag: number,
  vr: string,
  value: string | number | Uint8Array,
  isExplicit: boolean,
): Buffer {
  const body =
    typeof value === 'number'
      ? Buffer.from([value & 255, value >> 8])
      : typeof value === 'string'
        ? Buffer.from(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value)
        : Buffer.from(value);
  const isLong = vr.startsWith('O');
  const head = Buffer.alloc(isExplicit && isLong ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  if (isExplicit) head.write(vr, 4);
  if (isExplicit && !isLong) head.writeUInt16LE(body.length, 6);
  else head.writeUInt32LE(body.length, head.length - 4);
  return Buffer.concat([head, body]);
}

/** Pixel data of one fragment behind an empty offset table. */
function fragment(bytes: Uint8Array): Buffer {
  const length = bytes.length + (bytes.length % 2);
  const head = Buffer.from('e07f10004f420000ffffffff' + 'feff00e000000000' + 'feff00e000000000', 'hex');
  head.writeUInt32LE(length, 24);
  return Buffer.concat([
    head,
    bytes,
    Buffer.alloc(length - bytes.length),
    Buffer.from('feffdde000000000', 'hex'),
  ]);
}

/** DICOM PS3.5, annex G, for values of 16 bits: high bytes, then low bytes, in literal runs and repeats. */
function runLengths(values: ArrayLike<number>): Buffer {
  const planes = [8, 0].map((shift) => packBits(Uint8Array.from(values, (value) => value >> shift)));
  const header = Buffer.alloc(64);
  header.writeUInt32LE(2, 0);
  header.writeUInt32LE(64, 4);
  header.writeUInt32LE(64 + planes[0]!.length, 8);
  return Buffer.concat([header, ...planes]);
}

function packBits(bytes: Uint8Array): Buffer {
  const packed: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let run = 1;
    while (run < 128 && at + run < bytes.length && bytes[at + run] === bytes[at]) run += 1;
    if (run > 1) packed.push(257 - run, bytes[at]!);
    else packed.push(0, bytes[at]!);
    at += run;
  }
  if (packed.length % 2) packed.push(128);
  return Buffer.from(packed);
}
