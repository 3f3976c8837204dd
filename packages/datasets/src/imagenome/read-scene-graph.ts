import { readFile, stat } from 'node:fs/promises';
import { DataError } from '@crrg/core';
import { isMissing } from '../files/missing.js';
import { parseSceneGraph, type SceneGraph } from './scene-graph.js';

/** Largest scene graph that is read, in bytes; real ones have a few hundred kilobytes. */
const MAXIMUM_BYTES = 1 << 25;

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${file}: expected UTF-8 text, got other bytes; download the scene graph again.`, {
      cause,
    });
  }
}

/**
 * The scene graph of a file; undefined where there is none.
 * @throws {@link DataError} where it is too large or cannot be used
 */
export async function readSceneGraph(file: string): Promise<SceneGraph | undefined> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(file);
    if (size > MAXIMUM_BYTES)
      throw new DataError(`${file}: expected at most ${MAXIMUM_BYTES} bytes, got ${size}; check the file.`);
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (isMissing(error)) return undefined;
    const { code } = error as NodeJS.ErrnoException;
    throw new DataError(`${file}: expected a scene graph, got an error of the system (${String(code)}).`, {
      cause: error,
    });
  }
  return parseSceneGraph(decode(bytes, file), file);
}
