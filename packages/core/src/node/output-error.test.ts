import { CrrgError } from '../index.js';
import { describe, expect, it } from 'vitest';
import { OutputError, writingTo } from './output-error.js';

const refused = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: of the system`), { code, syscall });
const failWith = (error: unknown) =>
  writingTo('out.jsonl', () => Promise.reject(error as Error)).catch((reason: unknown) => reason);

describe('writing that the system refuses', () => {
  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EROFS', 'the disk is read-only'],
    ['EACCES', 'the system does not allow it'],
    ['ENOTDIR', 'a part of its path is no folder'],
    ['EOTHER', 'EOTHER: of the system'],
  ])('is an error of the file with %s as its reason: %s', async (code, reason) => {
    const cause = refused(code, 'write');
    const error = await failWith(cause);
    expect(error).toBeInstanceOf(OutputError);
    expect(CrrgError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'OUTPUT',
      cause,
      message: `out.jsonl: cannot be written: ${reason}`,
    });
  });

  it('is told from a refusal to read an input, and from what is no refusal of the system', async () => {
    for (const error of [refused('EIO', 'read'), new Error('of ours')])
      expect(await failWith(error)).toBe(error);
    expect(await writingTo('out.jsonl', () => Promise.resolve(7))).toBe(7);
  });
});
