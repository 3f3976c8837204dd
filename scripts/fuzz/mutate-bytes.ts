import type { Random } from '@crrg/core';
import { bigEndian, join, joinAll, littleEndian, splice } from './bytes.js';
import { pick, type Mutator } from './format.js';

/** Numbers at which signs, widths and limits turn. */
export const EDGES: readonly number[] = [
  0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000, 0xffffff, 0x1000000,
  0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

const BYTES = [0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x20, 0x22, 0x28, 0x2e, 0x5b, 0x7b];

/** A place in a file; in the first hundred bytes, where headers are, more often than elsewhere. */
export function place(file: Uint8Array, random: Random): number {
  const isHead = random.next() < 0.3;
  return random.integer(Math.max(1, isHead ? Math.min(file.length, 100) : file.length));
}

/** Bytes of a file from a place on, mostly few. */
function chunk(file: Uint8Array, random: Random): { at: number; length: number } {
  const at = place(file, random);
  const most = pick([4, 16, 64, 1024, file.length], random);
  return { at, length: Math.min(file.length - at, 1 + random.integer(Math.max(1, most))) };
}

function changed(file: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = file.slice();
  if (copy.length > 0) change(copy);
  return copy;
}

const flipBits: Mutator = (file, random) =>
  changed(file, (copy) => {
    for (let left = 1 + random.integer(8); left > 0; left--)
      copy[place(file, random)]! ^= 1 << random.integer(8);
  });

const setBytes: Mutator = (file, random) =>
  changed(file, (copy) => {
    for (let left = 1 + random.integer(4); left > 0; left--)
      copy[place(file, random)] = random.next() < 0.3 ? random.integer(256) : pick(BYTES, random);
  });

const fill: Mutator = (file, random) =>
  changed(file, (copy) => {
    const { at, length } = chunk(file, random);
    copy.fill(pick([0, 0xff, 0x41], random), at, at + length);
  });

const cutEnd: Mutator = (file, random) => file.slice(0, place(file, random));

const cutStart: Mutator = (file, random) => file.slice(1 + random.integer(16));

const removeChunk: Mutator = (file, random) => {
  const { at, length } = chunk(file, random);
  return splice(file, at, length);
};

const duplicateChunk: Mutator = (file, random) => {
  const { at, length } = chunk(file, random);
  return splice(file, at, 0, file.subarray(at, at + Math.min(length, 4096)));
};

const repeatChunk: Mutator = (file, random) => {
  const { at } = chunk(file, random);
  const some = file.subarray(at, at + 1 + random.integer(8));
  return splice(file, at, 0, joinAll(new Array<Uint8Array>(1 + random.integer(2000)).fill(some)));
};

const swapChunks: Mutator = (file, random) => {
  const [first, second] = [place(file, random), place(file, random)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const third = Math.min(file.length, second + 1 + random.integer(64));
  const ends = [file.subarray(0, first), file.subarray(third)] as const;
  return join(ends[0], file.subarray(second, third), file.subarray(first, second), ends[1]);
};

const insertNoise: Mutator = (file, random) => {
  const noise = Uint8Array.from({ length: 1 + random.integer(32) }, () => random.integer(256));
  return splice(file, place(file, random), 0, noise);
};

const writeNumber: Mutator = (file, random) =>
  changed(file, (copy) => {
    const number = (random.next() < 0.5 ? littleEndian : bigEndian)(
      pick(EDGES, random),
      pick([2, 4, 4, 8], random),
    );
    const at = place(file, random);
    copy.set(number.subarray(0, copy.length - at), at);
  });

/** Changes that know nothing of the format. */
export const BYTE_MUTATORS: readonly Mutator[] = [
  flipBits,
  flipBits,
  setBytes,
  setBytes,
  fill,
  cutEnd,
  cutStart,
  removeChunk,
  duplicateChunk,
  repeatChunk,
  swapChunks,
  insertNoise,
  writeNumber,
  writeNumber,
];
