import { readFile } from 'node:fs/promises';
import { viewOf } from './bytes.js';
import type { ZipMember } from './zip-file.js';

const FIXTURES = new URL('../../packages/checkpoints/src/__fixtures__/', import.meta.url);

/** A file that torch wrote, or one that must be refused, of the fixtures of `@crrg/checkpoints`. */
export const torchFixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(name, FIXTURES)));

/** The members of a zip of stored files in 32 bits. */
export function zipMembers(file: Uint8Array): ZipMember[] {
  const view = viewOf(file);
  const sizes = statedSizes(file);
  const members: ZipMember[] = [];
  for (let at = 0; at + 30 <= file.length && view.getUint32(at, true) === 0x04034b50;) {
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    // torch writes sizes behind the data, so the next header tells the end.
    const end = start + (sizes.get(at) ?? 0);
    const name = new TextDecoder().decode(file.subarray(at + 30, at + 30 + view.getUint16(at + 26, true)));
    members.push({ name, bytes: file.subarray(start, end) });
    at = end;
    if (at + 4 <= file.length && view.getUint32(at, true) === 0x08074b50) at += 16;
  }
  return members;
}

/** Sizes of the members by the places of their local headers, from the directory. */
function statedSizes(file: Uint8Array): Map<number, number> {
  const view = viewOf(file);
  const sizes = new Map<number, number>();
  for (let at = 0; at + 46 <= file.length; at++)
    if (view.getUint32(at, true) === 0x02014b50)
      sizes.set(view.getUint32(at + 42, true), view.getUint32(at + 24, true));
  return sizes;
}
