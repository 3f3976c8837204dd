import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { AbortOptions } from '@crrg/core';
import type { SkipCounts } from './skips.js';
import type { UnitLog } from './unit-log.js';

/** What every reader of a source takes. */
export interface SourceOptions extends AbortOptions {
  /** Counts what is left out, by reason. */
  readonly skips?: SkipCounts | undefined;
  /** Leaves out what an earlier run has done; give its `skips` too. @defaultValue everything is read */
  readonly units?: UnitLog | undefined;
}

const isFile = (file: string) =>
  stat(file).then(
    (state) => state.isFile(),
    () => false,
  );

/** Those of the paths below the root that are files; the others are counted. */
export async function presentImages(
  root: string,
  images: readonly string[],
  skips: SkipCounts | undefined,
): Promise<string[]> {
  const present: string[] = [];
  for (const image of images) {
    const file = path.join(root, image);
    if (await isFile(file)) present.push(file);
    else skips?.add('image file missing');
  }
  return present;
}

/** The first of the places where a file is, below the root. */
export async function placeOf(root: string, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) if (await isFile(path.join(root, place))) return path.join(root, place);
  return undefined;
}
