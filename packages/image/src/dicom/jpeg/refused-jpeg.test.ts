import { ImageError } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinBytes } from '../../__fixtures__/file-parts.js';
import {
  dataEnd,
  framePayload,
  patched,
  payload,
  readStream,
  scanData,
  STREAMS,
  type Stream,
} from './__fixtures__/streams.js';
import { decodeJpegSamples } from './decode-jpeg-samples.js';

const END = [0xff, 0xd9];
const baseline = readStream('baseline-37x29');
const lossless = readStream('lossless-8-sv1-33x21');
const frameAt = framePayload(baseline.bytes);
const restated = (offset: number, ...values: number[]) =>
  patched(baseline.bytes, frameAt + offset, ...values);

function refusal(bytes: Uint8Array, { expected }: Pick<Stream, 'expected'>): string {
  try {
    decodeJpegSamples(bytes, expected);
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    return (error as Error).message;
  }
  return 'none';
}

describe('a kind of JPEG that no film should have', () => {
  it.each([
    [0xc5, 'a hierarchical JPEG'],
    [0xc7, 'a hierarchical lossless JPEG'],
    [0xc9, 'a JPEG with arithmetic coding'],
    [0xcb, 'a lossless JPEG with arithmetic coding'],
    [0xf7, 'a JPEG-LS file'],
  ])('is named, with what to do: 0x%s', (marker, kind) => {
    const message = refusal(restated(-3, marker), baseline);
    expect(message).toContain(`got ${kind}; save it as Explicit VR Little Endian (dcmtk: dcmdjpeg`);
  });

  it('is named where it has colour, another depth, or its height behind its pixels', () => {
    const colour = joinBytes(
      [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 29, 0, 37, 3],
      [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0],
      END,
    );
    expect(refusal(colour, baseline)).toContain('got a JPEG with 3 channels;');
    expect(refusal(restated(0, 10), baseline)).toContain('got a 10-bit JPEG;');
    expect(refusal(restated(1, 0, 0), baseline)).toContain(
      'got a JPEG that tells its height behind its pixels;',
    );
    const losslessFrame = framePayload(lossless.bytes);
    expect(refusal(patched(lossless.bytes, losslessFrame, 17), lossless)).toContain('got a 17-bit JPEG;');
    expect(refusal(patched(lossless.bytes, losslessFrame, 1), lossless)).toContain('got a 1-bit JPEG;');
  });
});

describe('JPEG data that are not those of the DICOM header', () => {
  it('are refused for their size, however large, before their pixels are read', () => {
    expect(refusal(restated(1, 0xff, 0xff, 0xff, 0xff), baseline)).toContain(
      'it says 37x29 pixels, its JPEG data 65535x65535',
    );
    expect(refusal(restated(1, 0, 28), baseline)).toContain('it says 37x29 pixels, its JPEG data 37x28');
    expect(refusal(restated(3, 0, 38), baseline)).toContain('it says 37x29 pixels, its JPEG data 38x29');
  });

  it('are refused where a sample has more bits than there is room for', () => {
    for (const name of ['extended-12-37x29', 'lossless-12-sv4-27x20']) {
      const { bytes, expected } = readStream(name);
      expect(refusal(bytes, { expected: { ...expected, maximumBits: 8 } })).toContain(
        'it has room for 8 bits a pixel, its JPEG data hold 12',
      );
    }
  });
});

describe('damaged JPEG data', () => {
  it.each([
    'baseline-37x29',
    'extended-12-coarse-41x24',
    'progressive-8-37x29',
    'lossless-5-27x20',
    'lossless-12-sv4-33x21',
  ])('are never a picture where they were cut, with or without an end marker: %s', (name) => {
    const { bytes, expected } = readStream(name);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      expect(refusal(cut, { expected })).not.toBe('none');
      if (length < dataEnd(bytes)) expect(refusal(joinBytes(cut, END), { expected })).not.toBe('none');
    }
  });

  it('are a picture of the right size or an ImageError, whatever bits have changed', () => {
    const streams = STREAMS.map(([name]) => readStream(name));
    const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...streams), flips, ({ bytes, expected }, places) => {
        const damaged = bytes.slice();
        for (const place of places) damaged[(place >> 3) % bytes.length]! ^= 1 << (place & 7);
        try {
          expect(decodeJpegSamples(damaged, expected).data).toHaveLength(expected.width * expected.height);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
      { seed: 13, numRuns: 1500 },
    );
  });

  it.each<[string, Stream, Uint8Array]>([
    ['they do not begin as a JPEG file', baseline, patched(baseline.bytes, 0, 0)],
    ['it ends before its end marker', baseline, baseline.bytes.subarray(0, -2)],
    ['it goes on behind its end marker', baseline, joinBytes(baseline.bytes, baseline.bytes)],
    ['it goes on behind its end marker', baseline, joinBytes(baseline.bytes, [0x20, 0x20])],
    ['its data go on after the last pixel', baseline, withMore(baseline.bytes)],
    ['its data go on after the last pixel', lossless, withMore(lossless.bytes)],
    ['it ends before its frame header', baseline, joinBytes([0xff, 0xd8], END)],
    [
      'it ends before the last pixel',
      lossless,
      joinBytes(lossless.bytes.subarray(0, scanStart(lossless)), END),
    ],
    [
      'some of its scans are missing',
      baseline,
      joinBytes(baseline.bytes.subarray(0, scanStart(baseline)), END),
    ],
    ['its steps of grey are missing', baseline, patched(baseline.bytes, payload(baseline.bytes, 0xdb), 3)],
    [
      'its steps of grey are missing',
      baseline,
      patched(baseline.bytes, payload(baseline.bytes, 0xdb) + 9, 0),
    ],
    ['a table of its codes is missing', lossless, patched(lossless.bytes, payload(lossless.bytes, 0xc4), 3)],
    [
      'a table of its codes makes no sense',
      lossless,
      patched(lossless.bytes, payload(lossless.bytes, 0xc4) + 1, 3),
    ],
    ['a scan header makes no sense', lossless, patched(lossless.bytes, scanData(lossless.bytes) - 3, 0)],
    ['a scan header makes no sense', lossless, patched(lossless.bytes, scanData(lossless.bytes) - 1, 8)],
    [
      'it holds a second scan',
      lossless,
      joinBytes(lossless.bytes.subarray(0, -2), lossless.bytes.subarray(scanStart(lossless))),
    ],
  ])('are refused with what is wrong: %s', (reason, stream, bytes) => {
    expect(refusal(bytes, stream)).toBe(
      `image.decodeDicom: expected a whole DICOM file, got one that is damaged or cut off (its JPEG data: ${reason}); export or download it again.`,
    );
  });

  it('are refused where a lossless sample leaves the range that its bits have', () => {
    const { bytes, expected } = readStream('lossless-12-sv4-27x20');
    expect(refusal(patched(bytes, framePayload(bytes), 10), { expected })).toContain(
      'its greys leave their range',
    );
  });

  it('are refused where a scan refines another bit than the next, so that no file can scan without end', () => {
    const { bytes, expected } = readStream('progressive-8-37x29');
    const refining = [...bytes.keys()].filter(
      (at) => bytes[at] === 0xff && bytes[at + 1] === 0xda && bytes[at + 9]! >> 4 > 0,
    );
    expect(refining.length).toBeGreaterThan(1);
    for (const at of refining) {
      expect(refusal(patched(bytes, at + 9, bytes[at + 9]! | 0xf), { expected })).toContain(
        'a scan header makes no sense',
      );
    }
  });
});

/** Where the first scan header begins, with its marker. */
function scanStart({ bytes }: Stream): number {
  return payload(bytes, 0xda) - 4;
}

function withMore(bytes: Uint8Array): Uint8Array {
  return joinBytes(bytes.subarray(0, dataEnd(bytes)), [0x55, 0x55, 0x55], END);
}
