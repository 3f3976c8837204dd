import { expect, it } from 'vitest';
import {
  collapsePythonSpace,
  PYTHON_SPACE,
  splitPythonWords,
  stripPythonSpace,
  universalNewlines,
} from './white-space.js';

/** `[c for c in range(0x110000) if chr(c).isspace()]` of Python 3.11. */
const PYTHON_SPACES = [
  0x9, 0xa, 0xb, 0xc, 0xd, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
  0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];

it("white space is Python's: U+00A0, U+2003, U+001C and U+0085 are, U+200B and U+FEFF are not", () => {
  const space = new RegExp(`^[${PYTHON_SPACE}]$`, 'u');
  const found: number[] = [];
  for (let code = 0; code <= 0xffff; code++) if (space.test(String.fromCharCode(code))) found.push(code);
  expect(found).toEqual(PYTHON_SPACES);
});

it('words are split, stripped and joined at that white space', () => {
  expect(splitPythonWords('\x1c a\u2003b\x85\xa0c\ufeff \u200b')).toEqual(['a', 'b', 'c\ufeff', '\u200b']);
  expect(splitPythonWords(' \x1f')).toEqual([]);
  expect(stripPythonSpace('\u3000 a b\x1d')).toBe('a b');
  expect(stripPythonSpace('\ufeffa')).toBe('\ufeffa');
  expect(collapsePythonSpace('\n a \r\n b\x85')).toBe('a b');
});

it('CR LF and CR become LF', () => {
  expect(universalNewlines('a\r\nb\rc\r\r\nd\n')).toBe('a\nb\nc\n\nd\n');
});
