import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import { float32, sizeOf, type Backend, type HostTensor } from '@crrg/tensor';
import {
  generateIntegers,
  generateValues,
  keyOf,
  openWeights,
  readManifests,
  seedOf,
  type WeightSource,
} from './generator.js';

/** A group of cases that one part of the system answers for. */
export interface ParitySuite {
  readonly name: string;
  matches(caseName: string): boolean;
  run(context: ParityContext): Promise<void>;
}

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

/** One comparison. */
export interface CheckResult {
  readonly caseName: string;
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
  readonly note?: string | undefined;
}

export interface CheckOptions {
  /** Largest absolute difference. @defaultValue max(factor x torch_fp32_maxabs_err, 2e-6 x absmax) of the sidecar */
  readonly tolerance?: number | undefined;
  /** Multiple of the reference's own float32 error: 10 for blocked sums, up to 50 for sequential ones. @defaultValue the engine's */
  readonly factor?: number | undefined;
}

export type Expected = string | ArrayLike<number | boolean>;

export interface ParityContext extends GoldenCase {
  /** The golden folder. */
  readonly folder: string;
  readonly backendName: string;
  /** The engine chosen on the command line; created once for all cases. */
  backend(): Promise<Backend>;
  /** Another case of the folder, such as the backbone case whose features this one needs. */
  otherCase(name: string): Promise<GoldenCase>;
  /** A file, by a path relative to the sidecar. */
  file(relativePath: string): Promise<Uint8Array>;
  /**
   * Weights under their reference names, generated when asked for. The names keep their prefix.
   * Keep no more of the full configuration than needed: it is 2.4 GB.
   */
  weights(
    config: string,
    options?: { readonly prefix?: string | undefined },
  ): Promise<Map<string, HostTensor>>;
  /** The `settings` of a weight manifest. */
  settings(config: string): Promise<Readonly<Record<string, unknown>>>;
  /** Settings, names and shapes of the weights of a configuration. */
  weightSource(config: string): Promise<WeightSource>;
  /** A generated input. */
  input(name: string, shape: readonly number[], mean?: number, scale?: number): HostTensor<'float32'>;
  /** Generated whole numbers in [low, high). */
  integers(name: string, count: number, low: number, high: number): Int32Array;
  /** A tensor of this case. Throws where it is absent. */
  tensor(name: string): HostTensor;
  /** Compares elementwise with a golden tensor (whole or sampled) or with given numbers. */
  check(name: string, actual: ArrayLike<number>, expected?: Expected, options?: CheckOptions): boolean;
  /** Compares a scalar such as a loss. */
  checkValue(name: string, actual: number, expected: GoldenValue, options?: CheckOptions): boolean;
  /** Compares whole numbers, booleans or bits exactly; the error is the number of differences. */
  checkEqual(name: string, actual: ArrayLike<number | boolean>, expected?: Expected): boolean;
  /** Compares by |a - e| / |e| over the whole tensor or its samples. @defaultValue tolerance 1e-2 */
  checkRelativeL2(
    name: string,
    actual: ArrayLike<number>,
    expected?: Expected,
    options?: { readonly tolerance?: number | undefined },
  ): boolean;
  /** Any other comparison. */
  report(name: string, error: number, tolerance: number, note?: string): boolean;
  /** Marks golden tensors as covered by a comparison under another name. */
  covers(...names: readonly string[]): void;
}

const CASE_FILE = /^(?!.*(?:^|\/)(?:index|package)\.json$).*\.json$/;
const EXPECTED_FILES = '.expected.json';

async function isManifest(path: string): Promise<boolean> {
  const sidecar: unknown = JSON.parse(await readFile(path, 'utf8'));
  return typeof sidecar === 'object' && sidecar !== null && 'params' in sidecar && 'seed' in sidecar;
}

/**
 * Names of the cases below a folder: sidecars; not the index, not weight manifests, not the contents of a folder that an
 * `NAME.expected.json` describes.
 */
export async function discoverCases(folder: string): Promise<string[]> {
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
  const sidecar = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>;
  const file = sidecar['file'];
  const tensors =
    typeof file === 'string'
      ? parseSafetensors(await readFile(join(folder, dirname(name), file)))
      : new Map<string, HostTensor>();
  return { name, sidecar, tensors };
}

export interface ContextOptions {
  readonly folder: string;
  readonly backendName: string;
  readonly backend: () => Promise<Backend>;
  /** Least multiple of the reference's float32 error that this engine needs; see {@link CheckOptions.factor}. */
  readonly factor: number;
  readonly onCheck: (result: CheckResult) => void;
}

/** Opens weight manifests once and keeps the tensors of one configuration at a time. */
function weightCache(folder: string): (config: string) => Promise<WeightSource> {
  let current: { config: string; source: WeightSource } | undefined;
  return async (config) => {
    if (current?.config !== config) {
      current?.source.release();
      current = { config, source: await openWeights(folder, config) };
    }
    return current.source;
  };
}

/** Makes the contexts of one run; weights are shared between cases of the same configuration. */
export function createContexts(
  options: ContextOptions,
): (name: string) => Promise<ParityContext & { unchecked(): string[] }> {
  const manifests = readManifests(options.folder);
  const open = weightCache(options.folder);
  return async (name) => {
    const golden = await readCase(options.folder, name);
    return createContext(options, golden, { open, seed: seedOf(golden.sidecar, await manifests) });
  };
}

function createContext(
  options: ContextOptions,
  golden: GoldenCase,
  { open, seed }: { open: (config: string) => Promise<WeightSource>; seed: string | undefined },
) {
  const { folder } = options;
  const key = (name: string) => {
    if (seed === undefined) throw new Error(`${golden.name}: neither the case nor one manifest gives a seed`);
    return keyOf(name, seed);
  };
  const infos = {
    ...(golden.sidecar['tensors'] as Record<string, TensorInfo> | undefined),
    ...(golden.sidecar['sampled'] as Record<string, TensorInfo> | undefined),
  };
  const touched = new Set<string>();

  const report = (name: string, error: number, tolerance: number, note?: string): boolean => {
    const ok = error <= tolerance;
    options.onCheck({ caseName: golden.name, name, error, tolerance, ok, note });
    return ok;
  };

  const tensor = (name: string): HostTensor => {
    const found = golden.tensors.get(name);
    if (!found) throw new Error(`${golden.name}: no tensor "${name}"`);
    return found;
  };

  /** The expected numbers, and the actual ones at the same places. */
  const align = (name: string, actual: ArrayLike<number | boolean>, expected: Expected) => {
    if (typeof expected !== 'string') return pair(actual, expected);
    touched.add(expected);
    const whole = golden.tensors.get(expected);
    if (whole) return pair(actual, whole.data);
    const index = tensor(`${expected}.idx`).data;
    const size = infos[expected] ? sizeOf(infos[expected].shape) : actual.length;
    if (actual.length !== size) return { mismatch: `${name}: ${actual.length} elements instead of ${size}` };
    return pair(
      Array.from(index, (at) => actual[at]!),
      tensor(`${expected}.val`).data,
    );
  };

  const compare = (
    name: string,
    actual: ArrayLike<number | boolean>,
    expected: Expected,
    measure: (a: ArrayLike<number | boolean>, e: ArrayLike<number | boolean>) => number,
    tolerance: number,
  ): boolean => {
    const aligned = align(name, actual, expected);
    if ('mismatch' in aligned) return report(name, Infinity, tolerance, aligned.mismatch);
    return report(name, measure(aligned.actual, aligned.expected), tolerance);
  };

  const context: ParityContext & { unchecked(): string[] } = {
    ...golden,
    folder,
    backendName: options.backendName,
    backend: options.backend,
    otherCase: (name) => readCase(folder, name),
    file: (relativePath) => readFile(join(folder, dirname(golden.name), relativePath)),
    weights: async (config, { prefix = '' } = {}) => {
      const source = await open(config);
      return new Map(
        source.names.filter((name) => name.startsWith(prefix)).map((name) => [name, source.get(name)]),
      );
    },
    settings: async (config) => (await open(config)).settings,
    weightSource: open,
    input: (name, shape, mean = 0, scale = 1) =>
      float32(shape, generateValues(key(name), sizeOf(shape), mean, scale)),
    integers: (name, count, low, high) => generateIntegers(key(name), count, low, high),
    tensor,
    check: (name, actual, expected = name, { tolerance, factor = options.factor } = {}) => {
      const allowed =
        tolerance ??
        defaultTolerance(typeof expected === 'string' ? infos[expected] : undefined, expected, factor, name);
      return compare(name, actual, expected, largestError, allowed);
    },
    checkValue: (name, actual, { value, torch_fp32_err }, { tolerance, factor = options.factor } = {}) =>
      compare(
        name,
        [actual],
        [value],
        largestError,
        tolerance ?? Math.max(factor * torch_fp32_err, 2e-6 * Math.abs(value)),
      ),
    checkEqual: (name, actual, expected = name) => compare(name, actual, expected, countDifferences, 0),
    checkRelativeL2: (name, actual, expected = name, { tolerance = 1e-2 } = {}) =>
      compare(name, actual, expected, relativeL2, tolerance),
    report,
    covers: (...names) => names.forEach((name) => touched.add(name)),
    unchecked: () =>
      Object.entries(infos)
        .filter(
          ([name, info]) =>
            !touched.has(name) && ('torch_fp32_maxabs_err' in info || 'torch_fp32_equal' in info),
        )
        .map(([name]) => name),
  };
  return context;
}

type Aligned =
  | { readonly mismatch: string }
  | { readonly actual: ArrayLike<number | boolean>; readonly expected: ArrayLike<number | boolean> };

function pair(actual: ArrayLike<number | boolean>, expected: ArrayLike<number | boolean>): Aligned {
  if (actual.length !== expected.length)
    return { mismatch: `${actual.length} elements instead of ${expected.length}` };
  return { actual, expected };
}

/**
 * The rule of the golden data: `factor` times the error that the reference program itself has in float32, but at least 2e-6 of
 * the largest value. Numbers whose error was not measured may differ by 1e-5 of the largest value.
 */
function defaultTolerance(
  info: TensorInfo | undefined,
  expected: Expected,
  factor: number,
  name: string,
): number {
  const measured = info?.torch_fp32_maxabs_err;
  if (info && measured !== undefined) {
    return Math.max(
      factor * measured,
      2e-6 * (info.absmax ?? Math.max(Math.abs(info.min!), Math.abs(info.max!))),
    );
  }
  if (typeof expected === 'string')
    throw new Error(`${name}: the sidecar states no float32 error for "${expected}"; give a tolerance`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(Number(expected[i])));
  return 1e-5 * largest;
}

function largestError(actual: ArrayLike<number | boolean>, expected: ArrayLike<number | boolean>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = Number(actual[i]);
    const e = Number(expected[i]);
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Infinity : error;
  }
  return largest;
}

function countDifferences(
  actual: ArrayLike<number | boolean>,
  expected: ArrayLike<number | boolean>,
): number {
  let count = 0;
  for (let i = 0; i < expected.length; i++) if (Number(actual[i]) !== Number(expected[i])) count++;
  return count;
}

function relativeL2(actual: ArrayLike<number | boolean>, expected: ArrayLike<number | boolean>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (Number(actual[i]) - Number(expected[i])) ** 2;
    norm += Number(expected[i]) ** 2;
  }
  const ratio = Math.sqrt(difference) / Math.sqrt(norm);
  return Number.isNaN(ratio) ? (difference === 0 ? 0 : Infinity) : ratio;
}
