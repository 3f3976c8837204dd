import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { float32, sizeOf, type Backend, type HostTensor } from '@crrg/tensor';
import { readCase, type GoldenCase, type TensorInfo } from '../golden/cases.js';
import { generateIntegers, generateValues, keyOf } from '../golden/generator.js';
import { openWeights, readManifests, seedOf, type WeightSource } from '../golden/weights.js';
import {
  countDifferences,
  defaultTolerance,
  largestError,
  pair,
  relativeL2,
  type Expected,
} from './comparisons.js';
import type { CheckResult, ParityContext } from './context.js';

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
