import { describe, expect, it } from 'vitest';
import { decodeRecords } from './__fixtures__/event-file-decoder.js';
import { crc32c, encodeFileVersion, encodeScalar } from './event-file.js';

describe('crc32c', () => {
  it('gives the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

describe('event records', () => {
  it('survive a reader that checks every checksum', () => {
    const event = { tag: 'train/löss', value: -1.5, step: 123_456_789_012, wallTime: 1_700_000_000.25 };
    const records = decodeRecords(Uint8Array.from([...encodeFileVersion(12.5), ...encodeScalar(event)]));
    expect(records).toEqual([{ wallTime: 12.5, fileVersion: 'brain.Event:2' }, event]);
  });

  it('keep a value that is not finite', () => {
    expect(decodeRecords(encodeScalar({ tag: 'x', value: NaN, step: 0, wallTime: 0 }))[0]!.value).toBeNaN();
  });
});
