import { CheckpointError, type Random } from '@crrg/core';
import type { Tensor } from './graph.js';
import { float32, sizeOf, type HostTensor, type StateDict } from './host-tensor.js';

/** How a fresh parameter is filled. `fanIn` is that of the layer. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** One parameter of a network. Buffers such as running statistics are parameters with `trainable: false`. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initializer;
  readonly trainable: boolean;
}

/** Name to specification: the one source for initialisation, strict loading and counting. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** The traced parameters as a forward function sees them: names relative to a scope. */
export interface Parameters {
  /** @throws {CheckpointError} for a name that the specifications lack */
  get(name: string): Tensor;
  has(name: string): boolean;
  scope(prefix: string): Parameters;
}

/** PyTorch's default of Linear and Conv: uniform in ±1/sqrt(fanIn) (kaiming_uniform with a = sqrt 5). */
export function torchDefault(fanIn: number): Initializer {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

/** A trainable parameter. */
export function parameter(shape: readonly number[], init: Initializer): ParameterSpec {
  return { shape, init, trainable: true };
}

/** A parameter that no gradient changes, such as a running mean. */
export function buffer(shape: readonly number[], value: number): ParameterSpec {
  return { shape, init: { kind: 'constant', value }, trainable: false };
}

/** The same specifications under `prefix.`. */
export function prefixSpecs(prefix: string, specs: ParameterSpecs): ParameterSpecs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [`${prefix}.${name}`, spec]));
}

/** Fresh weights; each tensor's numbers depend only on the seed and its name. */
export function initializeParameters(specs: ParameterSpecs, random: Random): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  for (const [name, { shape, init }] of Object.entries(specs)) {
    const data = new Float32Array(sizeOf(shape));
    const source = random.fork(name);
    if (init.kind === 'constant') data.fill(init.value);
    else
      for (let i = 0; i < data.length; i++)
        data[i] =
          init.kind === 'normal' ? init.std * source.normal() : source.uniform(-init.bound, init.bound);
    state.set(name, float32(shape, data));
  }
  return state;
}

/** Number of scalars. */
export function countParameters(specs: ParameterSpecs): number {
  return Object.values(specs).reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

/**
 * Checks weights against specifications, strictly.
 * @throws {CheckpointError} one error that lists every missing, unexpected and mis-shaped key
 */
export function checkStateDict(specs: ParameterSpecs, state: StateDict, where: string): void {
  const problems: string[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const tensor = state.get(name);
    if (!tensor) problems.push(`missing ${name} [${spec.shape.join(', ')}]`);
    else if (tensor.shape.join() !== spec.shape.join())
      problems.push(`${name} must be [${spec.shape.join(', ')}], got [${tensor.shape.join(', ')}]`);
    else if (tensor.dtype !== 'float32') problems.push(`${name} must be float32, got ${tensor.dtype}`);
  }
  for (const name of state.keys()) if (!Object.hasOwn(specs, name)) problems.push(`unexpected ${name}`);
  if (problems.length === 0) return;
  const shown = problems.slice(0, 20).join('; ');
  const more = problems.length > 20 ? `; and ${problems.length - 20} more` : '';
  throw new CheckpointError(
    `${where}: ${problems.length} keys do not fit the architecture: ${shown}${more}; use weights of this configuration.`,
    {
      details: { problems },
    },
  );
}
