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

/** Anything with a shape: a tensor in memory, or an entry of a file. */
export interface Shaped {
  readonly shape: readonly number[];
}

/** Why a tensor is not the parameter of that name; undefined where it is. `label` stands before the name in the message. */
export function keyProblem(
  specs: ParameterSpecs,
  name: string,
  { shape }: Shaped,
  label = '',
): string | undefined {
  if (!Object.hasOwn(specs, name)) return `unexpected ${label}${name}`;
  const expected = specs[name]!.shape;
  if (shape.join() === expected.join()) return undefined;
  return `${label}${name} must be [${expected.join(', ')}], got [${shape.join(', ')}]`;
}

/** Everything that keeps tensors from being exactly the parameters: what is missing, mis-shaped and unexpected. */
export function keyProblems(
  specs: ParameterSpecs,
  tensors: ReadonlyMap<string, Shaped>,
  label = '',
): string[] {
  const known = Object.entries(specs).map(([name, { shape }]) => {
    const tensor = tensors.get(name);
    return tensor ? keyProblem(specs, name, tensor, label) : `missing ${label}${name} [${shape.join(', ')}]`;
  });
  const others = [...tensors].filter(([name]) => !Object.hasOwn(specs, name));
  const unknown = others.map(([name, tensor]) => keyProblem(specs, name, tensor, label));
  return [...known, ...unknown].filter((problem) => problem !== undefined);
}

/**
 * Checks weights against specifications, strictly.
 * @throws {CheckpointError} one error that lists every missing, unexpected, mis-shaped and wrongly typed key
 */
export function checkStateDict(specs: ParameterSpecs, state: StateDict, where: string): void {
  const problems = keyProblems(specs, state);
  for (const [name, { dtype }] of state)
    if (dtype !== 'float32') problems.push(`${name} must be float32, got ${dtype}`);
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
