import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { parseSafetensors } from '@crrg/checkpoints';
import { float32, sizeOf, type HostTensor } from '@crrg/tensor';
import type { ParityContext, ParitySuite } from './framework.js';

const GOLDEN = 0x9e3779b9 | 0;
const TO_SIGNED_UNIT = 2 ** -23;
const TO_UNIT = 2 ** -24;

/** The 32-bit key of a named tensor. */
export function keyOf(name: string, seed: string): number {
  return crc32(`${seed}/${name}`);
}

/** 24 random bits for element `index` of the tensor with this key. */
function bitsAt(key: number, index: number): number {
  let h = (key | 0) ^ Math.imul(index, GOLDEN);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 8;
}

/** `count` values uniform in `mean ± scale`, from element `start` on. */
export function generateValues(
  key: number,
  count: number,
  mean: number,
  scale: number,
  start = 0,
): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = mean + (bitsAt(key, start + i) * TO_SIGNED_UNIT - 1) * scale;
  return values;
}

/** `count` whole numbers in [low, high). */
export function generateIntegers(key: number, count: number, low: number, high: number): Int32Array {
  return Int32Array.from(
    { length: count },
    (_, i) => Math.floor(bitsAt(key, i) * TO_UNIT * (high - low)) + low,
  );
}

/** One row of a weight manifest: name, shape, mean, scale, and factors of single rows of a matrix. */
export type ManifestRow = readonly [
  name: string,
  shape: readonly number[],
  mean: number,
  scale: number,
  rowFactors?: Readonly<Record<string, number>>,
];

/** A tensor as its manifest row says. */
export function generateTensor(
  [name, shape, mean, scale, rowFactors]: ManifestRow,
  seed: string,
): HostTensor {
  const key = keyOf(name, seed);
  const values = generateValues(key, sizeOf(shape), mean, scale);
  for (const [row, factor] of Object.entries(rowFactors ?? {})) {
    const width = values.length / shape[0]!;
    const start = Number(row) * width;
    for (let i = start; i < start + width; i++)
      values[i] = (mean + (bitsAt(key, i) * TO_SIGNED_UNIT - 1) * scale) * factor;
  }
  return float32(shape, values);
}

/** A weight manifest, `weights/NAME.json`. */
export interface Manifest {
  /** What the cases call it; its file name where it says nothing. */
  readonly config?: string;
  readonly seed: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly params: readonly ManifestRow[];
}

/** The weights of one configuration: rows to generate and tensors stored beside them, which win. */
export interface WeightSource {
  readonly seed: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];
  shapeOf(name: string): readonly number[];
  /** The tensor, generated on the first call and kept until {@link release}. */
  get(name: string): HostTensor;
  release(): void;
}

/** The manifests of a folder by configuration, each with its path without extension. */
export async function readManifests(
  folder: string,
): Promise<Map<string, { readonly base: string; readonly manifest: Manifest }>> {
  const names = await readdir(join(folder, 'weights')).catch(() => []);
  const found = new Map<string, { base: string; manifest: Manifest }>();
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const value = JSON.parse(await readFile(join(folder, 'weights', name), 'utf8')) as Partial<Manifest>;
    if (value.params === undefined || value.seed === undefined) continue;
    const base = name.slice(0, -'.json'.length);
    found.set(value.config ?? base, { base: join(folder, 'weights', base), manifest: value as Manifest });
  }
  return found;
}

/**
 * The seed of the generated inputs of a case: what the case says, else that of its weights, else the one that all weights of the folder
 * have.
 */
export function seedOf(
  sidecar: Readonly<Record<string, unknown>>,
  manifests: ReadonlyMap<string, { readonly manifest: Manifest }>,
): string | undefined {
  if (typeof sidecar['seed'] === 'string') return sidecar['seed'];
  const own = manifests.get(sidecar['config'] as string)?.manifest.seed;
  if (own !== undefined) return own;
  const seeds = new Set([...manifests.values()].map(({ manifest }) => manifest.seed));
  return seeds.size === 1 ? [...seeds][0] : undefined;
}

/** Opens the manifest of a configuration and its override tensors, `NAME.overrides.safetensors` beside it. */
export async function openWeights(folder: string, config: string): Promise<WeightSource> {
  const found = (await readManifests(folder)).get(config);
  if (!found) throw new Error(`no weight manifest of the configuration "${config}" in ${folder}`);
  const { base, manifest } = found;
  const overrides = await readFile(`${base}.overrides.safetensors`).then(
    parseSafetensors,
    () => new Map<string, HostTensor>(),
  );
  const rows = new Map(manifest.params.map((row) => [row[0], row]));
  const cache = new Map<string, HostTensor>();
  return {
    seed: manifest.seed,
    settings: manifest.settings,
    names: [...new Set([...rows.keys(), ...overrides.keys()])],
    shapeOf: (name) => overrides.get(name)?.shape ?? rows.get(name)![1],
    get: (name) => {
      const tensor = overrides.get(name) ?? cache.get(name) ?? generateTensor(rows.get(name)!, manifest.seed);
      cache.set(name, tensor);
      return tensor;
    },
    release: () => cache.clear(),
  };
}

interface Vector {
  readonly seed: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly scale: number;
  readonly key_crc32: number;
  readonly flat_index: readonly number[];
  readonly value_f32: readonly number[];
  readonly crc32_of_all_f32_le?: number;
  readonly integers?: { seed: string; name: string; count: number; lo: number; hi: number; values: number[] };
}

/** Checks this generator against the stored vectors. */
export const generatorSuite: ParitySuite = {
  name: 'generator',
  matches: (caseName) => caseName === 'weights/generator_vectors',
  run: async (context: ParityContext) => {
    for (const vector of context.sidecar['vectors'] as Vector[]) {
      if (vector.integers) {
        const { seed, name, count, lo, hi, values } = vector.integers;
        context.checkEqual(`integers ${name}`, generateIntegers(keyOf(name, seed), count, lo, hi), values);
        continue;
      }
      const key = keyOf(vector.name, vector.seed);
      context.checkEqual(`key ${vector.name}`, [key], [vector.key_crc32]);
      const sampled = vector.flat_index.map(
        (index) => generateValues(key, 1, vector.mean, vector.scale, index)[0]!,
      );
      context.checkEqual(`values ${vector.name}`, sampled, vector.value_f32);
      if (vector.crc32_of_all_f32_le === undefined) continue;
      const all = generateValues(key, sizeOf(vector.shape), vector.mean, vector.scale);
      context.checkEqual(
        `crc ${vector.name}`,
        [crc32(new Uint8Array(all.buffer))],
        [vector.crc32_of_all_f32_le],
      );
    }
  },
};
