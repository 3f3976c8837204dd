import { DataError } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPythonCsvRow } from './csv-row.js';
import { formatPythonFloat, formatPythonLiteral, formatPythonString } from './format-literal.js';
import { PythonFloat, type PythonValue } from './literal.js';
import { parsePythonLiteral } from './parse-literal.js';
import { isPythonPrintable } from './printable.js';

const { raw } = String;

function refusalOf(text: string, limits?: Parameters<typeof parsePythonLiteral>[1]): DataError {
  try {
    parsePythonLiteral(text, limits);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('not refused');
}

describe('the literal writer', () => {
  it('escapes and quotes a string as repr of Python 3.11 does', () => {
    const cases: [string, string][] = [
      ['', "''"],
      ['plain', "'plain'"],
      ["it's", `"it's"`],
      ['say "no"', `'say "no"'`],
      [`both ' and "`, raw`'both \' and "'`],
      ['a\\b', raw`'a\\b'`],
      ['t\tn\nr\r\x00\x1f\x7f', raw`'t\tn\nr\r\x00\x1f\x7f'`],
      ['\x85\xa0\xad', raw`'\x85\xa0\xad'`],
      ['\u200b\ufeff\u2003\u2028', raw`'\u200b\ufeff\u2003\u2028'`],
      ['\u{1f600}\u{e0001}\u{10cc0}', `'\u{1f600}${raw`\U000e0001`}\u{10cc0}'`],
      ['\u00e9\u0378', `'\u00e9${raw`\u0378'`}`],
      ['\ud800', raw`'\ud800'`],
    ];
    for (const [text, written] of cases) expect(formatPythonString(text)).toBe(written);
  });

  it('knows the printable characters of Unicode 14.0, whatever the engine knows', () => {
    // Count and checksum of `[c for c in range(0x110000) if not chr(c).isprintable()]` in Python 3.11.
    let [count, checksum] = [0, 0];
    for (let code = 0; code < 0x110000; code++) {
      if (isPythonPrintable(code)) continue;
      count += 1;
      checksum = (checksum * 31 + code) % 1_000_003;
    }
    expect([count, checksum]).toEqual([969_596, 603_331]);
  });

  it("writes floats as Python's repr, and whole floats with .0", () => {
    const cases: [number, string][] = [
      [0.1, '0.1'],
      [1, '1.0'],
      [1e15, '1000000000000000.0'],
      [1e16, '1e+16'],
      [123456789012345680, '1.2345678901234568e+17'],
      [1e-4, '0.0001'],
      [1e-5, '1e-05'],
      [1.5e-7, '1.5e-07'],
      [5e-324, '5e-324'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
      [-2.5, '-2.5'],
      [-0, '-0.0'],
      [123.456, '123.456'],
    ];
    for (const [value, written] of cases) expect(formatPythonFloat(value)).toBe(written);
    expect(() => formatPythonFloat(NaN)).toThrow(DataError);
  });

  it('writes lists, None, booleans and both kinds of number', () => {
    expect(formatPythonLiteral([['a', "it's"], true, false, null, 2, -3, 0.5, new PythonFloat(1), []])).toBe(
      `[['a', "it's"], True, False, None, 2, -3, 0.5, 1.0, []]`,
    );
  });
});

describe('the literal reader', () => {
  it('reads every escape of Python', () => {
    expect(parsePythonLiteral(raw`'\\\'\"\a\b\f\n\r\t\v\0\101\x41\u00e9\U0001f600\q'`)).toBe(
      `\\'"\x07\b\f\n\r\t\v\x00AA\u00e9\u{1f600}\\q`,
    );
    expect(parsePythonLiteral("'a\\\nb\\\r\nc'")).toBe('abc');
  });

  it('reads numbers, words and white space between tokens', () => {
    expect(parsePythonLiteral(' [ 1 ,-2, +3, 0, 1., .5, 1e3, -1.5E-3 ,\n[] , True,False , None, ] ')).toEqual(
      [1, -2, 3, 0, 1, 0.5, 1000, -0.0015, [], true, false, null],
    );
  });

  it('refuses what is no literal, with the place and without the text', () => {
    const places: [string, number][] = [
      ['', 1],
      ['[1 2]', 4],
      ['[1', 3],
      ['[,]', 2],
      ["['secret", 9],
      ["'secret\n'", 8],
      [raw`'\x4'`, 2],
      [raw`'\U00110000'`, 2],
      [raw`'\N{DASH}'`, 2],
      ['true', 1],
      ['Truely', 1],
      ['nan', 1],
      ['01', 1],
      ['1e999', 1],
      ['99999999999999999999', 1],
      ['1 secret', 3],
      ["{'a': 1}", 1],
      ['__import__', 1],
      ['[1]\u00a0', 4],
    ];
    for (const [text, place] of places) {
      const error = refusalOf(text);
      expect([text, error.details['character']]).toEqual([text, place]);
      expect(error.message).toMatch(
        new RegExp(`^datasets.parsePythonLiteral: character ${place}: expected `),
      );
      expect(error.message).not.toContain('secret');
    }
  });

  it('refuses lists too deep and texts too long', () => {
    expect(parsePythonLiteral('[[1]]', { maxDepth: 2 })).toEqual([[1]]);
    expect(refusalOf('[[[1]]]', { maxDepth: 2 }).message).toContain('lists at most 2 deep');
    expect(refusalOf('['.repeat(100_000)).message).toContain('lists at most 16 deep');
    expect(refusalOf('[1, 2]', { maxLength: 5 }).message).toContain('at most 5 characters');
  });
});

describe('literals, for anything', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', 'n', '\n', '\u200b', '\u00ad', '\ufeff', 'x', '0') }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const { value: anyValue } = fc.letrec<{ value: PythonValue }>((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('value'), { maxLength: 4 })),
  }));

  it('read back as they were written', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(parsePythonLiteral(formatPythonLiteral(value))).toEqual(value);
      }),
      { seed: 1 },
    );
  });

  it('random text gives a value or a DataError, nothing else', () => {
    const token = fc.constantFrom('[', ']', ',', "'", '"', '\\', 'x', '1', '.', 'e', '-', 'True', ' ', '\n');
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(token).map((tokens) => tokens.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parsePythonLiteral(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

it('a CSV row is written as csv.writer of Python does, quotes only where they must be', () => {
  expect(formatPythonCsvRow(['a', ' b ', 'c,d', 'say "x"', 'l\nm', 'n\ro', ''])).toBe(
    'a, b ,"c,d","say ""x""","l\nm","n\ro",\r\n',
  );
  expect(formatPythonCsvRow([''])).toBe('""\r\n');
  expect(formatPythonCsvRow(['n\ro', 'p'], { lineEnd: '\n' })).toBe('n\ro,p\n');
});
