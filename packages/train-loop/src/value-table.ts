import { CheckpointError, ShapeError } from '@crrg/core';
import {
  arrayTypeOf,
  float32,
  hostTensor,
  sizeOf,
  staticShape,
  type BackendTensor,
  type Executable,
  type Graph,
  type GraphInput,
  type HostTensor,
  type RunInput,
  type Tensor,
} from '@crrg/tensor';
import type { TrainStepState } from './step-contract.js';
import { GRADIENT, NEXT, parameterKey } from './step-graphs.js';

/** Arrays of this table, by the name of a result that a run writes there. */
export type Places = Readonly<Record<string, HostTensor>>;

/**
 * The training state by name; replaces values as steps go on. Where the backend reuses memory, runs write new values to arrays of this table:
 * over the value itself, or over the one before it, which is kept aside for that, so that a step allocates nothing of the state's size.
 */
export class ValueTable {
  readonly #values = new Map<string, RunInput>();
  readonly #spares = new Map<string, HostTensor>();
  readonly #own = new WeakSet<RunInput>();

  /** @param needed names of the values that every step reads */
  constructor(
    private readonly reusesMemory: boolean,
    private readonly needed: ReadonlySet<string> = new Set(),
  ) {}

  get(name: string): RunInput {
    return this.#values.get(name)!;
  }

  entries(): Iterable<[string, RunInput]> {
    return this.#values.entries();
  }

  /** What stays in a file is read here, once, if every step reads it, and else when someone asks for it. */
  set(name: string, given: RunInput): void {
    const isRead = 'file' in given && given.file && this.needed.has(name);
    const value = isRead ? hostTensor(given.dtype, given.shape, given.data) : given;
    const old = this.#values.get(name);
    this.#values.set(name, value);
    if (!old || old === value) return;
    if (this.#own.has(old)) this.#keepAside(name, old as HostTensor);
    else if ('dispose' in old) old.dispose();
  }

  /** Adopts the `next/` outputs of a run, in the places that they were given, and disposes the rest. */
  take(outputs: Readonly<Record<string, BackendTensor>>, places: Places): void {
    for (const [name, tensor] of Object.entries(outputs)) {
      const key = stateKey(name);
      const place = places[name];
      if (key !== undefined && !place) this.set(key, tensor);
      else tensor.dispose();
      if (key !== undefined && place) this.adopt(key, place);
    }
  }

  /** Makes what was written to an array of {@link placeOf} the value. */
  adopt(key: string, place: HostTensor): void {
    if (this.#spares.get(key) === place) this.#spares.delete(key);
    this.set(key, place);
  }

  /** Disposes the outputs of a run that has no effect. The arrays that it wrote to stay those of this table. */
  refuse(outputs: Readonly<Record<string, BackendTensor>>, places: Places): void {
    for (const tensor of Object.values(outputs)) tensor.dispose();
    for (const [name, place] of Object.entries(places)) this.#keepAside(stateKey(name)!, place);
  }

  /** Where a run may write its `next/` outputs. `overwrites` tells those that may go over what the run reads. */
  placesFor(graph: Graph, overwrites: (output: string) => boolean): Places {
    if (!this.reusesMemory) return {};
    const read = new Set(graph.inputs.map((input) => keyOf(input)));
    const places: Record<string, HostTensor> = {};
    for (const [output, tensor] of Object.entries(graph.outputs)) {
      const key = stateKey(output);
      if (key !== undefined) places[output] = this.placeOf(key, tensor, !read.has(key) || overwrites(output));
    }
    return places;
  }

  /** An array for the next value: that of the value where it is free and of this table, else that of the one before, else a new one. */
  placeOf(key: string, { dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>, isFree: boolean): HostTensor {
    const value = this.#values.get(key);
    const known = isFree && value && this.#own.has(value) ? (value as HostTensor) : this.#spares.get(key);
    if (known) return known;
    const sizes = staticShape(shape, 'train.step (state)');
    const made = hostTensor(dtype, sizes, new (arrayTypeOf(dtype))(sizeOf(sizes)));
    this.#own.add(made);
    return made;
  }

  /** The inputs of a run: the batch and scalars given, everything else from this table. */
  inputsOf(executable: Executable, given: Readonly<Record<string, RunInput>>): Record<string, RunInput> {
    const inputs: Record<string, RunInput> = {};
    for (const input of executable.graph.inputs) {
      const { name } = input;
      const value = (input.kind === 'input' ? given[name] : undefined) ?? this.#values.get(keyOf(input));
      if (!value) throw new ShapeError(`train.step: input "${name}" is missing; give it with each batch.`);
      inputs[name] = value;
    }
    return inputs;
  }

  /** A value in JavaScript memory that no step writes to. */
  async read(name: string): Promise<HostTensor> {
    const value = this.get(name);
    if ('read' in value) return value.read();
    return this.#own.has(value) ? hostTensor(value.dtype, value.shape, value.data.slice()) : value;
  }

  dispose(): void {
    for (const value of this.#values.values()) if ('dispose' in value) value.dispose();
    this.#values.clear();
    this.#spares.clear();
  }

  #keepAside(key: string, array: HostTensor): void {
    if (!this.#spares.has(key)) this.#spares.set(key, array);
  }
}

/** The name of the value that an output replaces. */
function stateKey(output: string): string | undefined {
  return output.startsWith(NEXT) ? output.slice(NEXT.length) : undefined;
}

/** Where the state keeps what a graph reads. */
export function keyOf({ name, kind }: GraphInput): string {
  return kind === 'parameter' ? parameterKey(name) : name;
}

/** Zero tensors over one array, since no run changes its inputs. */
export function sharedZeros(
  shapes: readonly (readonly number[])[],
): (shape: readonly number[]) => HostTensor {
  const array = new Float32Array(Math.max(...shapes.map(sizeOf)));
  return (shape) => float32(shape, array.subarray(0, sizeOf(shape)));
}

/** @throws {CheckpointError} that lists what does not fit */
export function checkState(values: ValueTable, state: TrainStepState, accumulates: boolean): void {
  const problems: string[] = [];
  const wanted = new Map(values.entries());
  for (const [name, value] of wanted) {
    if (name.startsWith(`${GRADIENT}/`) && state.accumulated === 0) continue;
    const got = state.tensors.get(name);
    if (!got) problems.push(`missing ${name}`);
    else if (got.shape.join() !== value.shape.join())
      problems.push(`${name} must be [${value.shape.join(', ')}], got [${got.shape.join(', ')}]`);
  }
  for (const name of state.tensors.keys()) if (!wanted.has(name)) problems.push(`unexpected ${name}`);
  if (state.accumulated > 0 && !accumulates) problems.push(`${state.accumulated} accumulated batches`);
  if (problems.length === 0) return;
  const shown = problems.slice(0, 10).join('; ');
  throw new CheckpointError(
    `train.restoreState: ${problems.length} entries do not fit this step: ${shown}; resume with the model and optimizer of the saved run.`,
    {
      details: { problems },
    },
  );
}
