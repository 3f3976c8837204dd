import { ImageError } from '@crrg/core';
import type { StatedFrame } from '../../jpeg-frame.js';
import { damagedJpeg } from '../../jpeg-markers.js';
import { assertAllSent, walkBlocks } from '../../jpeg-scan.js';
import { walkJpeg } from '../../jpeg-walk.js';
import { damagedDicom, refusedDicom } from '../errors.js';
import { blockSamples } from './block-samples.js';
import { readLosslessScan } from './lossless-scan.js';
import type { Samples } from './samples.js';

/** What the DICOM header says of the picture. */
export interface ExpectedSamples {
  readonly width: number;
  readonly height: number;
  /** Bits that are there for a sample. */
  readonly maximumBits: 8 | 16;
}

/** Grey samples as a JPEG codestream holds them. */
export interface JpegSamples {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample, 2 to 16. */
  readonly bitDepth: number;
  /** Row by row; bytes up to 8 bits. */
  readonly data: Samples;
}

/**
 * The samples of a whole grey JPEG codestream with Huffman coding: baseline, extended and progressive of 8 or 12 bits, and lossless of
 * 2 to 16 bits. The same bits come out as from libjpeg's accurate integer transform. Nothing is allocated before the size that the codestream states is the
 * expected one.
 *
 * @example
 * ```ts no-check: internal
 * const { data, bitDepth } = decodeJpegSamples(fragment, { width: 2048, height: 2500, maximumBits: 16 });
 * ```
 * @throws {@link ImageError} where data are missing, cut off or left over, the size or bits are not the expected ones, or the kind of
 * JPEG is another
 */
export function decodeJpegSamples(bytes: Uint8Array, expected: ExpectedSamples): JpegSamples {
  try {
    return decode(bytes, expected);
  } catch (error) {
    const reason = ImageError.isInstance(error) ? error.details['reason'] : undefined;
    throw typeof reason === 'string' ? damagedDicom(`its JPEG data: ${reason}`, error) : error;
  }
}

function decode(bytes: Uint8Array, expected: ExpectedSamples): JpegSamples {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw damagedJpeg('they do not begin as a JPEG file');
  let lossless: Samples | undefined;
  const { state, end } = walkJpeg(
    bytes,
    (segment, known) => {
      if (!known.frame?.isLossless) return walkBlocks(bytes, segment, known, true);
      if (lossless) throw damagedJpeg('it holds a second scan');
      const scan = readLosslessScan(bytes, segment, known);
      lossless = scan.samples;
      return scan.end;
    },
    (stated) => assertExpected(stated, expected),
  );
  const rest = bytes.subarray(end);
  // One byte of any value makes a fragment even.
  if (rest.length > 1 && rest.some((byte) => byte !== 0 && byte !== 0xff))
    throw damagedJpeg('it goes on behind its end marker');
  const { frame } = state;
  if (!frame?.isLossless) assertAllSent(state);
  const data = frame!.isLossless ? lossless : blockSamples(state, frame!);
  if (!data) throw damagedJpeg('it ends before the last pixel');
  const { width, height, bitDepth } = frame!;
  return { width, height, bitDepth, data };
}

function assertExpected(stated: StatedFrame, expected: ExpectedSamples): void {
  const { rareKind, isLossless, width, height, bitDepth, channels } = stated;
  const depths = isLossless ? [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] : [8, 12];
  if (rareKind && !isLossless) refuse(rareKind);
  if (channels !== 1) refuse(`a JPEG with ${channels} channels`);
  if (height === 0) refuse('a JPEG that tells its height behind its pixels');
  if (!depths.includes(bitDepth)) refuse(`a ${bitDepth}-bit JPEG`);
  if (width !== expected.width || height !== expected.height)
    throw damagedDicom(
      `it says ${expected.width}x${expected.height} pixels, its JPEG data ${width}x${height}`,
    );
  if (bitDepth > expected.maximumBits)
    throw damagedDicom(
      `it has room for ${expected.maximumBits} bits a pixel, its JPEG data hold ${bitDepth}`,
    );
}

function refuse(kind: string): never {
  throw refusedDicom(kind, 'save it as Explicit VR Little Endian (dcmtk: dcmdjpeg; gdcm: gdcmconv --raw)');
}
