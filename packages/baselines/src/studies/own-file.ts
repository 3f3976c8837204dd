import { open } from 'node:fs/promises';
import { ConfigError } from '@crrg/core';

const HEAD_BYTES = 65_536;

async function firstLine(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8').split('\n')[0]!;
  } finally {
    await handle.close();
  }
}

/**
 * Refuses to replace a file of another origin.
 * @param isOurs whether a file begins with a line of ours; an empty or absent file is nobody's
 * @throws {ConfigError} that names it
 */
export async function refuseForeignFile(
  file: string,
  what: string,
  isOurs: (firstLine: string) => boolean,
): Promise<void> {
  const line = await firstLine(file);
  if (line === undefined || line === '' || isOurs(line)) return;
  throw new ConfigError(
    `baselines.refuseForeignFile: \`out\`: expected a new file or ${what}, got ${file}, which is a file of another origin; choose another folder, or move what is there.`,
  );
}
