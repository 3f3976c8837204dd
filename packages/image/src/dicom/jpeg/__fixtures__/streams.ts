import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExpectedSamples } from '../decode-jpeg-samples.js';

/** A codestream of this folder, what a DICOM header would say of it, and the samples that dcmtk makes of it. */
export interface Stream {
  readonly bytes: Uint8Array;
  readonly expected: ExpectedSamples;
  readonly samples: readonly number[];
}

/** All of them, with the precision of their frame headers. */
export const STREAMS: readonly (readonly [name: string, bitDepth: number])[] = [
  ['baseline-37x29', 8],
  ['baseline-restart-45x29', 8],
  ['extended-8-32x24', 8],
  ['extended-12-37x29', 12],
  ['extended-12-coarse-41x24', 12],
  ['extended-12-restart-45x29', 12],
  ['progressive-8-37x29', 8],
  ['progressive-12-37x29', 12],
  ['spectral-12-37x29', 12],
  ['lossless-5-27x20', 5],
  ['lossless-8-sv1-33x21', 8],
  ['lossless-12-sv2-33x21', 16],
  ['lossless-16-sv3-33x21', 16],
  ['lossless-12-sv4-27x20', 12],
  ['lossless-12-sv4-33x21', 16],
  ['lossless-16-sv5-33x21', 16],
  ['lossless-8-sv6-33x21', 8],
  ['lossless-10-sv7-33x21', 16],
  ['lossless-12-shifted-33x21', 16],
  ['lossless-15-27x20', 15],
  ['lossless-16-category16-33x21', 16],
];

export function readStream(name: string): Stream {
  const file = (end: string) =>
    new Uint8Array(readFileSync(fileURLToPath(new URL(`${name}.${end}`, import.meta.url))));
  const [width, height] = name.split('-').at(-1)!.split('x').map(Number) as [number, number];
  const raw = file('raw');
  const isWide = raw.length > width * height;
  const samples = Array.from({ length: width * height }, (_, at) =>
    isWide ? raw[2 * at]! | (raw[2 * at + 1]! << 8) : raw[at]!,
  );
  return { bytes: file('jpg'), expected: { width, height, maximumBits: isWide ? 16 : 8 }, samples };
}

/** Where the payload of the first segment of a marker begins. */
export function payload(bytes: Uint8Array, ...markers: number[]): number {
  for (let at = 2; at < bytes.length; at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!))
    if (markers.includes(bytes[at + 1]!)) return at + 4;
  throw new Error('no such segment');
}

/** Where the payload of the frame header begins. */
export const framePayload = (bytes: Uint8Array) => payload(bytes, 0xc0, 0xc1, 0xc2, 0xc3);

/** Where the data of the first scan begin. */
export function scanData(bytes: Uint8Array): number {
  const at = payload(bytes, 0xda);
  return at - 2 + ((bytes[at - 2]! << 8) | bytes[at - 1]!);
}

/** Where the data of the last scan end: before the end marker and the byte of 255 that dcmtk fills an even length with. */
export function dataEnd(bytes: Uint8Array): number {
  return bytes.at(-3) === 0xff ? bytes.length - 3 : bytes.length - 2;
}

export function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}
