import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import type { HostTensor } from '@crrg/tensor';

/** What a sidecar says about one tensor, stored whole or sampled. */
export interface TensorInfo {
  readonly shape: readonly number[];
  readonly absmax?: number;
  readonly min?: number;
  readonly max?: number;
  readonly torch_fp32_maxabs_err?: number;
  readonly torch_fp32_equal?: boolean;
}

/** A scalar with the error that the reference program has in float32. */
export interface GoldenValue {
  readonly value: number;
  readonly torch_fp32_err: number;
}

/** A golden case: the JSON sidecar and the tensors beside it. */
export interface GoldenCase {
  /** Path inside the folder without extension: `detector/rrg-tiny.sq128.roi`. */
  readonly name: string;
  readonly sidecar: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

const CASE_FILE = /^(?!.*(?:^|\/)(?:index|package)\.json$).*\.json$/;
const EXPECTED_FILES = '.expected.json';

async function isManifest(path: string): Promise<boolean> {
  const sidecar: unknown = JSON.parse(await readFile(path, 'utf8'));
  return typeof sidecar === 'object' && sidecar !== null && 'params' in sidecar && 'seed' in sidecar;
}

/** A folder of data sets states what the reference programs make of them in folders of `expected`, each a case. */
const EXPECTED_FOLDER = 'expected';

async function discoverExpected(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(join(folder, EXPECTED_FOLDER), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory());
  return folders.length > 0 ? folders.map(({ name }) => `${EXPECTED_FOLDER}/${name}`).sort() : undefined;
}

/**
 * Names of the cases below a folder: sidecars; not the index, not weight manifests, not the contents of a folder that an
 * `NAME.expected.json` describes.
 */
export async function discoverCases(folder: string): Promise<string[]> {
  const expected = await discoverExpected(folder);
  if (expected) return expected;
  const listing = await readdir(folder, { recursive: true });
  const files = listing.map((name) => name.replaceAll('\\', '/'));
  const described = files
    .filter((name) => name.endsWith(EXPECTED_FILES))
    .map((name) => `${name.slice(0, -EXPECTED_FILES.length)}/`);
  const names: string[] = [];
  for (const name of files) {
    if (!CASE_FILE.test(name) || described.some((inside) => name.startsWith(inside))) continue;
    if (!(await isManifest(join(folder, name)))) names.push(name.slice(0, -'.json'.length));
  }
  return names.sort();
}

/** Reads a sidecar and, where it names one, its tensors. */
export async function readCase(folder: string, name: string): Promise<GoldenCase> {
  const isFolder = (await stat(join(folder, name)).catch(() => undefined))?.isDirectory() === true;
  const sidecar = isFolder
    ? {}
    : (JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>);
  const file = sidecar['file'];
  const tensors =
    typeof file === 'string'
      ? parseSafetensors(await readFile(join(folder, dirname(name), file)))
      : new Map<string, HostTensor>();
  return { name, sidecar, tensors };
}
