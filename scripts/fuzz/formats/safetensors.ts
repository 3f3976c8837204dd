import { encodeSafetensors } from '@crrg/checkpoints';
import type { Random } from '@crrg/core';
import { join, littleEndian, utf8, viewOf } from '../bytes.js';
import { mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { CHECKPOINT_LIMITS, readCheckpoint } from '../read-checkpoint.js';

interface Parts {
  readonly header: string;
  readonly data: Uint8Array;
}

function parts(file: Uint8Array): Parts {
  if (file.length < 8) return { header: '{}', data: file };
  const length = Math.min(file.length - 8, viewOf(file).getUint32(0, true));
  return { header: new TextDecoder().decode(file.subarray(8, 8 + length)), data: file.subarray(8 + length) };
}

const withHeader =
  (change: (parts: Parts, random: Random) => Uint8Array): Mutator =>
  (file, random) => {
    const now = parts(file);
    const header = change(now, random);
    return join(littleEndian(header.length, 8), header, now.data);
  };

/** JSON values that a field should not have. */
const VALUES = [
  'null',
  '0',
  '-1',
  '1',
  '-0',
  '0.5',
  '1e3',
  '1e308',
  '1e999',
  '9007199254740991',
  '9007199254740993',
  '4294967296',
  '18446744073709551616',
  '""',
  '"F32"',
  '"BOOL"',
  '"F8_E4M3"',
  '"__proto__"',
  '[]',
  '[0]',
  '[1,2,3]',
  '[0,0]',
  '[4294967296,4294967296]',
  '[9007199254740991,0]',
  '[[]]',
  '{}',
  '{"length":2}',
  'true',
];
const NAMES = [
  'dtype',
  'shape',
  'data_offsets',
  '__metadata__',
  '__proto__',
  'constructor',
  'toString',
  '',
  'a',
  '\\u0000',
  '\\ud800',
];

/** Another value in place of a number, text or list of the header. */
const changeValue = withHeader(({ header }, random) => {
  const values = [...header.matchAll(/-?\d+|"[^"]*"(?!:)|\[[^\]]*\]/g)];
  if (values.length === 0) return utf8(pick(VALUES, random));
  const { index, 0: text } = pick(values, random);
  return utf8(header.slice(0, index) + pick(VALUES, random) + header.slice(index + text.length));
});

const renameKey = withHeader(({ header }, random) => {
  const keys = [...header.matchAll(/"([^"]*)":/g)];
  if (keys.length === 0) return utf8(header);
  const { index, 0: text } = pick(keys, random);
  return utf8(`${header.slice(0, index)}"${pick(NAMES, random)}":${header.slice(index + text.length)}`);
});

const addEntry = withHeader(({ header }, random) => {
  const entry = `"${pick(NAMES, random)}":{"dtype":"F32","shape":${pick(VALUES, random)},"data_offsets":[${pick(VALUES, random)},${pick(VALUES, random)}]}`;
  const many =
    random.next() < 0.05
      ? Array.from(
          { length: 20_000 },
          (_, at) => `"${at}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
        ).join(',')
      : entry;
  return utf8(header.replace('{', `{${many},`));
});

const nest = withHeader(({ header }, random) => {
  const levels = pick([2, 10, 100, 10_000, 1_000_000], random);
  const [open, close] = pick(
    [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const,
    random,
  );
  const isOpenOnly = random.next() < 0.3;
  return utf8(
    header.replace(/\[[^\]]*\]/, `${open.repeat(levels)}0${isOpenOnly ? '' : close.repeat(levels)}`),
  );
});

const manySizes = withHeader(({ header }, random) => {
  const sizes = new Array<string>(pick([1, 100, 100_000], random)).fill(
    pick(['1', '0', '2', '-1', '1e9'], random),
  );
  return utf8(header.replace(/"shape":\[[^\]]*\]/, `"shape":[${sizes.join(',')}]`));
});

const changeText = withHeader(({ header }, random) => pick(TEXT_MUTATORS, random)(utf8(header), random));

const MUTATORS: readonly Mutator[] = [
  changeValue,
  changeValue,
  changeValue,
  renameKey,
  addEntry,
  nest,
  manySizes,
  changeText,
];

function seeds(): Uint8Array[] {
  const tensors = new Map([
    ['weight', { dtype: 'float32' as const, shape: [2, 3], data: Float32Array.of(1, -2, 3, 4, 5, 6) }],
    ['bias', { dtype: 'float32' as const, shape: [], data: Float32Array.of(0.5) }],
    ['count', { dtype: 'int32' as const, shape: [2], data: Int32Array.of(7, -8) }],
    ['mask', { dtype: 'bool' as const, shape: [3], data: Uint8Array.of(0, 1, 1) }],
  ]);
  return [
    encodeSafetensors(tensors, { metadata: { format: 'pt', about: 'a text' } }),
    encodeSafetensors(tensors, { floats: 'float16' }),
    encodeSafetensors(new Map()),
  ];
}

export const format: FuzzFormat = {
  limits: CHECKPOINT_LIMITS,
  makeCase: mutatingCases(() => Promise.resolve(seeds()), MUTATORS, BYTE_MUTATORS),
  read: readCheckpoint,
};
