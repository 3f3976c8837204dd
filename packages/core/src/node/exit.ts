import { rmSync } from 'node:fs';

const paths = new Set<string>();
let isListening = false;

function removeAll(): void {
  for (const path of paths) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process ends: nobody is left to tell.
    }
  }
}

/**
 * Removes a file, or a folder with all that is in it, where the process ends before the returned function was called. A process that is killed
 * removes nothing.
 *
 * @example
 * ```ts
 * import { rename } from 'node:fs/promises';
 * import { removeAtExit } from '@crrg/core/node';
 *
 * const forget = removeAtExit('weights.tmp');
 * await rename('weights.tmp', 'weights.bin');
 * forget();
 * ```
 */
export function removeAtExit(path: string): () => void {
  if (!isListening) process.once('exit', removeAll);
  isListening = true;
  paths.add(path);
  return () => void paths.delete(path);
}
