import { CheckpointError } from '@crrg/core';
import { float32, hostTensor, int32, type HostTensor } from '@crrg/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTES_PER_ELEMENT } from './dtype.js';
import { bytesSource } from './random-access.js';
import {
  encodeSafetensors,
  openSafetensors,
  parseSafetensors,
  readSafetensorsHeader,
} from './safetensors.js';

/** A file with this header text and `dataLength` zero bytes. */
function file(header: string, dataLength = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const SAMPLE = new Map<string, HostTensor>([
  ['b', float32([2, 2], [1, 2, 3, 4])],
  ['a', hostTensor('bool', [3], [1, 0, 1])],
  ['ids', int32([2], [7, -1])],
  ['scalar', float32([], [0.5])],
  ['none', float32([0, 3], [])],
]);

describe('safetensors', () => {
  it('reads what it wrote', () => {
    const read = parseSafetensors(encodeSafetensors(SAMPLE));
    expect(read).toEqual(SAMPLE);
  });

  it('writes the same bytes whatever the order of the tensors', () => {
    const turned = new Map([...SAMPLE].reverse());
    expect(encodeSafetensors(turned)).toEqual(encodeSafetensors(SAMPLE));
  });

  it('aligns every tensor to its element', async () => {
    const bytes = encodeSafetensors(SAMPLE);
    const { tensors } = await readSafetensorsHeader(bytesSource(bytes));
    expect(tensors.map(({ name, dtype, offset }) => [name, offset % BYTES_PER_ELEMENT[dtype]])).toEqual([
      ['b', 0],
      ['ids', 0],
      ['none', 0],
      ['scalar', 0],
      ['a', 0],
    ]);
    expect(parseSafetensors(bytes).get('b')?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('keeps strings beside the tensors', async () => {
    const opened = await openSafetensors(
      bytesSource(encodeSafetensors(SAMPLE, { metadata: { made: 'here' } })),
    );
    expect(opened.values.get('made')).toBe('here');
  });

  it('stores floats in half the width where asked', async () => {
    const bytes = encodeSafetensors(SAMPLE, { floats: 'float16' });
    const opened = await openSafetensors(bytesSource(bytes));
    expect(opened.entries.get('b')?.dtype).toBe('float16');
    expect((await opened.entries.get('b')!.read()).data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('reads only the header and the tensor that is asked for', async () => {
    const inner = bytesSource(
      encodeSafetensors(
        new Map([
          ['large', float32([1000], new Float32Array(1000))],
          ['z', float32([1], [9])],
        ]),
      ),
    );
    let read = 0;
    const opened = await openSafetensors({
      size: inner.size,
      read: (offset, length) => ((read += length), inner.read(offset, length)),
    });
    expect([...(await opened.entries.get('z')!.read()).data]).toEqual([9]);
    expect(read).toBeLessThan(inner.size - 3900);
  });

  const tensor = (offsets: string, shape = '[4]', dtype = 'F32') =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

  it.each([
    ['a hole', `{"a":${tensor('[0,16]')},"b":${tensor('[32,48]')}}`, 48, 'hole'],
    ['overlap', `{"a":${tensor('[0,16]')},"b":${tensor('[8,24]')}}`, 24, 'overlap'],
    ['bytes behind the last tensor', `{"a":${tensor('[0,16]')}}`, 20, 'expected 16 bytes of data'],
    ['a repeated name', `{"a":${tensor('[0,16]')},"a":${tensor('[0,16]')}}`, 16, '"a" occurs twice'],
    [
      'a name repeated with an escape',
      `{"a":${tensor('[0,16]')},"\\u0061":${tensor('[0,16]')}}`,
      16,
      'occurs twice',
    ],
    ['a fraction', `{"a":${tensor('[0.5,16]')}}`, 16, 'offsets inside 16 bytes'],
    ['a negative size', `{"a":${tensor('[0,16]', '[-4]')}}`, 16, 'sizes >= 0'],
    ['a product beyond 2^53', `{"a":${tensor('[0,0]', '[0,9007199254740991,9]')}}`, 0, 'exact product'],
    ['a shape of other size', `{"a":${tensor('[0,16]', '[5]')}}`, 16, 'expected 20 bytes'],
    ['an unknown type', `{"a":${tensor('[0,16]', '[4]', 'constructor')}}`, 16, 'expected a dtype of F64'],
    ['metadata of numbers', '{"__metadata__":{"a":1}}', 0, 'expected a string for __metadata__.a'],
    ['a list', '[]', 0, 'expected a JSON object'],
    ['nesting', '{"a":'.repeat(2000), 0, 'nested deeper'],
  ])('refuses %s', (_what, header, dataLength, message) => {
    expect(() => parseSafetensors(file(header, dataLength))).toThrow(CheckpointError);
    expect(() => parseSafetensors(file(header, dataLength))).toThrow(message);
  });

  it('refuses a header length beyond the file without allocating it', () => {
    const bytes = file('{}');
    new DataView(bytes.buffer).setBigUint64(0, 99_000_000n, true);
    expect(() => parseSafetensors(bytes)).toThrow('at most 2 bytes in this file');
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(() => parseSafetensors(bytes)).toThrow('at most 100000000 bytes');
  });

  it('takes names of the object prototype as plain names', () => {
    const tensors = new Map([
      ['__proto__', float32([1], [1])],
      ['constructor', float32([1], [2])],
    ]);
    expect([...parseSafetensors(encodeSafetensors(tensors)).keys()].sort()).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  it('throws nothing but CheckpointError for damaged files', () => {
    const original = encodeSafetensors(SAMPLE);
    const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(original.length),
        (changes, length) => {
          const bytes = original.slice(0, length % 3 === 0 ? length : undefined);
          for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
          try {
            parseSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CheckpointError);
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});
