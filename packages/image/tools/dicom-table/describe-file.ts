import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImageError } from '@crrg/core';
import { decodeImage, decodeRadiograph, describeDicom } from '@crrg/image/node';
import { nodeCodecs } from '../../src/dicom/codecs-node.js';
import { parseDicom } from '../../src/dicom/data-set.js';
import type { DicomDescription } from '../../src/dicom/read-dicom.js';
import { readPixelFormat, type PixelFormat } from '../../src/dicom/pixel-format.js';
import { decodeStoredPixels } from '../../src/dicom/stored-pixels.js';
import { findTransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { median } from '../../../../benchmarks/src/framework.js';
import { toValue, type PlainValues } from './plain-values.js';
import type { ReferenceName, References } from './references.js';

const ROUNDS = 3;
const MEBIBYTE = 1024;
/** What stands where there is nothing to compare. */
const NOTHING = '–';

/** The cells of one file, in the order of the columns of `main.ts`. */
export async function describeFile(
  path: string,
  references: References,
  idleMemory: number,
): Promise<string[]> {
  const bytes = new Uint8Array(await readFile(path));
  const name = `\`${basename(path)}\``;
  const description = await describeDicom(bytes).catch((error: unknown) => asImageError(error));
  if (description instanceof Error)
    return [name, ...filled(3), `refused: ${reasonOf(description.message)}`, ...filled(6)];
  const { format, provenance, transferSyntax, kind } = description;
  const cells = [
    name,
    transferSyntax.name,
    describePixels(kind, format),
    describeBits(format),
    await describeResult(bytes, description),
  ];
  if (!format || !provenance) return [...cells, ...filled(6)];
  const stored = await decodeStored(bytes, format);
  const { encoding } = findTransferSyntax(transferSyntax.uid);
  const isCodestream = encoding !== 'native' && encoding !== 'rle';
  const [dcmtk, gdcm] = [await differenceTo('dcmtk'), await differenceTo('GDCM')];
  const isUnread = [dcmtk, gdcm].every((cell) => cell === 'absent' || cell === 'not read');
  const pydicom = isUnread ? await differenceTo('pydicom') : NOTHING;
  return [
    ...cells,
    dcmtk,
    gdcm,
    pydicom,
    await greyDifference(path, bytes, description, references),
    (await secondsOf(bytes)).toFixed(3),
    ((await measureMemory(path)) - idleMemory).toFixed(0),
  ];

  async function differenceTo(reference: ReferenceName): Promise<string> {
    const theirs = await references.storedBy(reference, path, isCodestream);
    if (theirs === 'absent') return 'absent';
    return theirs ? formatDifference(stored, theirs) : 'not read';
  }
}

function filled(count: number): string[] {
  return Array<string>(count).fill(NOTHING);
}

function asImageError(error: unknown): ImageError {
  if (ImageError.isInstance(error)) return error;
  throw error;
}

function describePixels(kind: string, format: PixelFormat | null): string {
  if (!format) return kind;
  return `${kind}, ${format.columns}x${format.rows}, ${format.isInverted ? 'MONOCHROME1' : 'MONOCHROME2'}`;
}

function describeBits(format: PixelFormat | null): string {
  if (!format) return NOTHING;
  return `${format.bitsStored} of ${format.bitsAllocated}${format.isSigned ? ', signed' : ''}`;
}

async function describeResult(bytes: Uint8Array, { provenance, problem }: DicomDescription): Promise<string> {
  if (problem !== null) return `${provenance ? 'grey picture; as a film ' : ''}refused: ${reasonOf(problem)}`;
  const { doubts } = await decodeRadiograph(bytes);
  const range = provenance!.range.kind;
  return [`film by its ${range}`, ...doubts.map(({ code }) => `\`${code}\``)].join(', ');
}

/** The second half of *where: expected X, got Y; do Z*. */
function reasonOf(message: string): string {
  return message.replace(/^.*?, got /, '').replace(/; [^;]*$/, '');
}

async function decodeStored(bytes: Uint8Array, format: PixelFormat): Promise<PlainValues> {
  const parsed = parseDicom(bytes);
  const { data } = await decodeStoredPixels(parsed, readPixelFormat(parsed.dataSet), nodeCodecs);
  return Int32Array.from(data, (pattern) => toValue(pattern, format.bitsStored, format.isSigned));
}

/** The largest difference, and how many values differ. */
function formatDifference(ours: PlainValues, theirs: PlainValues): string {
  const count = ours.filter((value, at) => value !== theirs[at]).length;
  return count === 0 ? '0' : `${largestDifference(ours, theirs)} (${count} values)`;
}

function largestDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return NaN;
  let largest = 0;
  for (let at = 0; at < ours.length; at++) largest = Math.max(largest, Math.abs(ours[at]! - theirs[at]!));
  return largest;
}

async function greyDifference(
  path: string,
  bytes: Uint8Array,
  { provenance }: DicomDescription,
  references: References,
): Promise<string> {
  const theirs = await references.greysOf(path, provenance!.range);
  if (theirs === 'absent') return 'absent';
  if (!theirs) return 'not read';
  const { data, bitDepth } = await decodeImage(bytes);
  const ours = Float64Array.from(data, (grey) => grey / (2 ** bitDepth - 1));
  return (255 * largestDifference(ours, theirs)).toFixed(2);
}

/** Of decoding, in the thread of this process: the median after one warm-up. */
async function secondsOf(bytes: Uint8Array): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now();
    await decodeImage(bytes);
    seconds.push((performance.now() - started) / 1000);
  }
  return median(seconds.slice(1));
}

/** Peak memory of a process that loads the package and decodes nothing, in MiB. */
export function measureIdleMemory(): Promise<number> {
  return measureMemory();
}

/** Peak memory of a process that decodes one file, in MiB. */
function measureMemory(...paths: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./decode-once.ts', import.meta.url)), paths);
    child.once('message', (kibibytes) => resolve(Number(kibibytes) / MEBIBYTE));
    child.once('exit', (code) => reject(new Error(`dicom-table: the measured process ended with ${code}.`)));
  });
}
