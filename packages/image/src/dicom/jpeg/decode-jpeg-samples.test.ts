import { describe, expect, it } from 'vitest';
import { joinBytes } from '../../__fixtures__/file-parts.js';
import { framePayload, patched, payload, readStream, scanData, STREAMS } from './__fixtures__/streams.js';
import { decodeJpegSamples } from './decode-jpeg-samples.js';

describe('JPEG data of a DICOM file', () => {
  it.each(STREAMS)('become the samples that dcmtk makes of them, bit for bit: %s', (name, bitDepth) => {
    const { bytes, expected, samples } = readStream(name);
    const { width, height } = expected;
    const decoded = decodeJpegSamples(bytes, expected);
    expect({ ...decoded, data: [...decoded.data] }).toEqual({ width, height, bitDepth, data: samples });
    expect(decoded.data).toBeInstanceOf(bitDepth <= 8 ? Uint8Array : Uint16Array);
  });

  it.each([0x22, 0x41, 0x14, 0x12])(
    'are the same whatever sampling factors the only channel states: %i',
    (factors) => {
      for (const name of ['baseline-37x29', 'progressive-12-37x29', 'lossless-8-sv6-33x21']) {
        const { bytes, expected, samples } = readStream(name);
        const restated = patched(bytes, framePayload(bytes) + 7, factors);
        expect([...decodeJpegSamples(restated, expected).data]).toEqual(samples);
      }
    },
  );

  it('begin anew at the restart markers of a lossless scan, which lie between rows', () => {
    const { bytes, expected, samples } = readStream('lossless-12-sv2-33x21');
    const restarting = thrice(bytes, 33 * 21);
    const { data } = decodeJpegSamples(restarting, { ...expected, height: 63 });
    expect([...data]).toEqual([...samples, ...samples, ...samples]);
    expect(() => decodeJpegSamples(thrice(bytes, 33 * 21 - 1), { ...expected, height: 63 })).toThrow(
      'its restart markers lie inside rows',
    );
  });

  it('may hold bytes of 0 or 255 behind their end, which fill an even length', () => {
    const { bytes, expected, samples } = readStream('baseline-37x29');
    for (const padding of [[0], [0, 0, 0], [0xff, 0xff]])
      expect([...decodeJpegSamples(joinBytes(bytes, padding), expected).data]).toEqual(samples);
  });

  it('stay within the range of their bits, however steep the block', () => {
    const { bytes, expected } = readStream('extended-12-37x29');
    const steep = patched(bytes, payload(bytes, 0xdb) + 2, ...new Array<number>(63).fill(255));
    const { data } = decodeJpegSamples(steep, expected);
    expect(Math.min(...data)).toBe(0);
    expect(Math.max(...data)).toBe(4095);
  });
});

/** The picture three times, one below the other, with a restart interval of `interval` samples. */
function thrice(bytes: Uint8Array, interval: number): Uint8Array {
  const frame = framePayload(bytes);
  const start = scanData(bytes);
  const data = bytes.subarray(start, -2);
  const higher = patched(bytes, frame + 1, 0, 63);
  return joinBytes(
    higher.subarray(0, 2),
    [0xff, 0xdd, 0, 4, interval >> 8, interval & 255],
    higher.subarray(2, start),
    data,
    [0xff, 0xd0],
    data,
    [0xff, 0xd1],
    data,
    [0xff, 0xd9],
  );
}
