import { rmSync } from 'node:fs';

const paths = new Set<string>();
let isListening = false;

function removeAll(): void {
  for (const path of paths) {
    try {
      rmSync(path, { force: true });
    } catch {
      // The process ends: nobody is left to tell.
    }
  }
}

/** Removes a file where the process ends before the returned function was called. */
export function removeAtExit(path: string): () => void {
  if (!isListening) process.once('exit', removeAll);
  isListening = true;
  paths.add(path);
  return () => void paths.delete(path);
}
