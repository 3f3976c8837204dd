import { describe, expect, it } from 'vitest';
import { Message } from './message.js';

const hex = (message: Message) => Buffer.from(message.toBytes()).toString('hex');

describe('Message', () => {
  it('writes small and two-byte integers as varints', () => {
    expect(hex(new Message().int(1, 1))).toBe('0801');
    expect(hex(new Message().int(1, 300))).toBe('08ac02');
  });

  it('writes integers above 2^32 and negative ones in 64 bits', () => {
    expect(hex(new Message().int(1, 2 ** 35))).toBe('08808080808001');
    expect(hex(new Message().int(1, -1))).toBe('08ffffffffffffffffff01');
  });

  it('writes field numbers above 15 in two bytes', () => {
    expect(hex(new Message().int(20, 2))).toBe('a00102');
  });

  it('writes strings, floats and nested messages with their lengths', () => {
    expect(hex(new Message().string(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new Message().float(2, 1))).toBe('150000803f');
    expect(hex(new Message().message(3, new Message().int(1, 150)))).toBe('1a03089601');
  });
});
