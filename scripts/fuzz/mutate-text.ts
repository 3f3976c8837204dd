import type { Random } from '@crrg/core';
import { join, splice, utf8 } from './bytes.js';
import { pick, type Mutator } from './format.js';
import { place } from './mutate-bytes.js';

const JSON_NUMBERS = [
  '1e999',
  '-0',
  '00',
  '1.',
  '9007199254740993',
  '0x10',
  'NaN',
  '-Infinity',
  '1'.repeat(400),
];
const TEXTS = [
  '"',
  '""',
  '"""',
  "'",
  '\\',
  '\\"',
  '\\u0000',
  '\\ud800',
  '\\x',
  '{',
  '}',
  '[',
  ']',
  '[""',
  '[\'a\', "b"]',
  '["a"]',
  '(',
  ')',
  ',',
  ';',
  '\t',
  '|',
  ':',
  'null',
  'true',
  '\n',
  '\r',
  '\r\n',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\ufffd',
  '\0',
  '\u001b[31m',
  '\u202e',
  'sep=;\n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '=1+1',
  ...JSON_NUMBERS,
];
/** Broken UTF-8: lone, overlong, cut, surrogates, beyond the last character; marks of UTF-16 and UTF-32. */
const BROKEN: readonly (readonly number[])[] = [
  [0x80],
  [0xff],
  [0xc0, 0xaf],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf0, 0x9f],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0xe9],
  [0x81],
  [0, 0, 0xfe, 0xff],
];

const insertText: Mutator = (file, random) =>
  splice(file, place(file, random), random.integer(3), utf8(pick(TEXTS, random)));

const breakUtf8: Mutator = (file, random) =>
  splice(file, place(file, random), random.integer(2), pick(BROKEN, random));

const atStart: Mutator = (file, random) =>
  join(
    pick(
      [[0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff], [0x1f, 0x8b], utf8('sep='), utf8('\n\n'), utf8('[')],
      random,
    ),
    file,
  );

/** One cell or line of a few hundred thousand characters. */
const hugeLine: Mutator = (file, random) => {
  const text = pick(
    [
      'a',
      ' ',
      '"',
      '""',
      ',',
      '\\',
      'a,',
      '[',
      '[[',
      '{"a":',
      "'",
      '\\"',
      '-',
      '1',
      '. ',
      'a.b ',
      '\u00e9',
      '\ud83d\ude00',
    ],
    random,
  );
  const length = pick([1000, 30_000, 300_000], random);
  return splice(file, place(file, random), 0, utf8(text.repeat(Math.ceil(length / text.length))));
};

/** JSON that is nested deeper than any stack. */
const nest: Mutator = (file, random) => {
  const levels = pick([10, 1000, 10_000, 100_000], random);
  const [open, close] = pick(
    [
      ['[', ']'],
      ['{"text":', '}'],
      ['["', '"]'],
    ] as const,
    random,
  );
  const isWhole = random.next() < 0.7;
  return splice(
    file,
    place(file, random),
    0,
    utf8(`${open.repeat(levels)}${isWhole ? `1${close.repeat(levels)}` : ''}`),
  );
};

/** The value of a field of JSON. */
const changeValue: Mutator = (file, random) => {
  const text = new TextDecoder().decode(file);
  const values = [...text.slice(0, 20_000).matchAll(/(?<=:\s*)(?:-?\d+(?:\.\d+)?|"[^"]*"|\[[^\]]*\])/g)];
  if (values.length === 0) return file;
  const { index, 0: old } = pick(values, random);
  const levels = pick([10, 5000, 100_000], random);
  const value = pick(
    [
      'null',
      '0',
      '-1',
      '""',
      '" "',
      '[]',
      '{}',
      '[null]',
      '[""]',
      '["a",1]',
      '{"file":1}',
      '"[\\"a\\"]"',
      `"${'x'.repeat(60_000)}"`,
      `${'['.repeat(levels)}${']'.repeat(levels)}`,
      ...JSON_NUMBERS,
    ],
    random,
  );
  return utf8(text.slice(0, index) + value + text.slice(index + old.length));
};

const lines =
  (change: (all: string[], random: Random) => string[]): Mutator =>
  (file, random) =>
    Buffer.from(change(Buffer.from(file).toString('latin1').split('\n'), random).join('\n'), 'latin1');

const repeatLine = lines((all, random) => {
  const line = pick(all, random);
  return all.toSpliced(
    random.integer(all.length),
    0,
    ...new Array<string>(
      Math.min(pick([1, 2, 3000], random), 1 + Math.floor(2 ** 21 / (line.length + 1))),
    ).fill(line),
  );
});

const dropLine = lines((all, random) => all.toSpliced(random.integer(all.length), 1));

const swapLines = lines((all, random) => random.shuffle(all));

const lineEnds: Mutator = (file, random) =>
  Buffer.from(
    Buffer.from(file)
      .toString('latin1')
      .replaceAll('\n', pick(['\r', '\r\n', '\n\n', ' ', '\0', ',', '"\n'], random)),
    'latin1',
  );

/** As Excel saves "Unicode text". */
const asUtf16: Mutator = (file, random) => {
  const bytes = Buffer.from(new TextDecoder().decode(file), 'utf16le');
  return random.next() < 0.5 ? join([0xff, 0xfe], bytes) : bytes;
};

/** Changes that know of text, tables and JSON. */
export const TEXT_MUTATORS: readonly Mutator[] = [
  insertText,
  insertText,
  insertText,
  breakUtf8,
  atStart,
  hugeLine,
  nest,
  changeValue,
  changeValue,
  repeatLine,
  dropLine,
  swapLines,
  lineEnds,
  asUtf16,
];
