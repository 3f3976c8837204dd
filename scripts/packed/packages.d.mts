import type { Tally } from './tally.mjs';

export function readJson(file: string): unknown;
export function packedPackages(
  tally: Tally,
  folder: string,
  options?: { build?: boolean },
): Promise<Map<string, string> | undefined>;
export function installProject(
  tally: Tally,
  name: string,
  folder: string,
  manifest: Record<string, unknown>,
  tarballs: ReadonlyMap<string, string>,
): Promise<boolean>;
