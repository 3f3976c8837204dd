import { CrrgError } from '@crrg/core';
import type { FuzzFormat } from '../format.js';

const held: Uint8Array[] = [];

/** What a case can do to its process, by name. */
const DEEDS: Readonly<Record<string, () => unknown>> = {
  decodes: () => undefined,
  refuses: () => {
    throw new CrrgError('DATA', 'case.refuse: expected no case, got one; stop.');
  },
  'throws a TypeError': () => (undefined as unknown as { name: string }).name,
  'rejects with a bare error': () => Promise.reject(new Error('bare')),
  'prints to stderr': () => process.stderr.write('a warning\n'),
  'prints to stdout': () => console.log('a report'),
  'takes memory': () => held.push(new Uint8Array(300 * 2 ** 20).fill(1)),
  hangs: () => {
    for (;;);
  },
  'never settles': () => new Promise(() => setInterval(() => undefined, 1000)),
  exits: () => process.exit(3),
  'lets an error escape': () => new Promise(() => setImmediate(() => void Promise.reject(new TypeError('escaped')))),
};

/** Formats with one case each. */
export function planted(name: string): FuzzFormat {
  return {
    limits: { seconds: 1, megabytes: 200 },
    makeCase: () => Promise.resolve(Uint8Array.of(1)),
    read: async (bytes) => {
      if (bytes.length > 0) await DEEDS[name]!();
    },
  };
}

/** The deed is in the address of the module, behind `?`. */
export const format = planted(decodeURIComponent(new URL(import.meta.url).search.slice(1)));
