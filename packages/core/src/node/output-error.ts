import { CrrgError } from '../errors.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file is larger than the system allows',
  EROFS: 'the disk is read-only',
  EACCES: 'the system does not allow it',
  EPERM: 'the system does not allow it',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a part of its path is no folder',
  ENXIO: 'nobody reads it',
};

/** What was made cannot be written: no picture is to blame, and no other result will fare better. */
export class OutputError extends CrrgError {
  override name = 'OutputError';

  /** @param target the file, as it was named, or `stdout` */
  constructor(target: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super('OUTPUT', `${target}: cannot be written: ${REASONS[code ?? ''] ?? message}`, { cause });
  }
}

/** Does the writing of one file; an error of the system becomes an {@link OutputError} that names it. */
export async function writingTo<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isSystemError(cause) ? new OutputError(target, cause) : cause;
  }
}

/** Whether the system refused something else than to read an input. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall !== 'read';
}
