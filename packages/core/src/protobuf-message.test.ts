import { describe, expect, it } from 'vitest';
import { ProtobufMessage } from './protobuf-message.js';

const hex = (message: ProtobufMessage) => Buffer.from(message.toBytes()).toString('hex');

describe('ProtobufMessage', () => {
  it('writes small and two-byte integers as varints', () => {
    expect(hex(new ProtobufMessage().int(1, 1))).toBe('0801');
    expect(hex(new ProtobufMessage().int(1, 300))).toBe('08ac02');
  });

  it('writes integers above 2^32 and negative ones in 64 bits', () => {
    expect(hex(new ProtobufMessage().int(1, 2 ** 35))).toBe('08808080808001');
    expect(hex(new ProtobufMessage().int(1, -1))).toBe('08ffffffffffffffffff01');
  });

  it('writes field numbers above 15 in two bytes', () => {
    expect(hex(new ProtobufMessage().int(20, 2))).toBe('a00102');
  });

  it('writes strings, floats and nested messages with their lengths', () => {
    expect(hex(new ProtobufMessage().string(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new ProtobufMessage().float(2, 1))).toBe('150000803f');
    expect(hex(new ProtobufMessage().double(1, 1))).toBe('09000000000000f03f');
    expect(hex(new ProtobufMessage().message(3, new ProtobufMessage().int(1, 150)))).toBe('1a03089601');
  });
});
