import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import type { HostTensor } from '@crrg/tensor';
import { generateTensor, type ManifestRow } from './generator.js';

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
