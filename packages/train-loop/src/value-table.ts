import { CheckpointError, ShapeError } from '@crrg/core';
import {
  float32,
  sizeOf,
  type BackendTensor,
  type Executable,
  type Graph,
  type GraphInput,
  type HostTensor,
  type RunInput,
} from '@crrg/tensor';
import type { TrainStepState } from './step-contract.js';
import { GRADIENT, NEXT, parameterKey } from './step-graphs.js';

/**
 * The training state by name; replaces and disposes as steps go on. Where the backend reuses memory, a value that is replaced is kept aside for
 * the next run to write over, so that a step allocates nothing of the state's size.
 */
export class ValueTable {
  readonly #values = new Map<string, RunInput>();
  readonly #spares = new Map<string, BackendTensor>();

  constructor(private readonly reusesMemory: boolean) {}

  get(name: string): RunInput {
    return this.#values.get(name)!;
  }

  entries(): Iterable<[string, RunInput]> {
    return this.#values.entries();
  }

  set(name: string, value: RunInput): void {
    const old = this.#values.get(name);
    this.#values.set(name, value);
    if (!old || old === value || !('dispose' in old)) return;
    if (this.reusesMemory && !this.#spares.has(name)) this.#spares.set(name, old);
    else old.dispose();
  }

  /** Adopts the `next/` outputs of a run and disposes the rest. */
  take(outputs: Readonly<Record<string, BackendTensor>>): void {
    for (const [name, tensor] of Object.entries(outputs)) {
      if (!name.startsWith(NEXT)) {
        tensor.dispose();
        continue;
      }
      const key = name.slice(NEXT.length);
      if (this.#spares.get(key) === tensor) this.#spares.delete(key);
      this.set(key, tensor);
    }
  }

  /** Disposes the outputs of a run that has no effect, but for what was written over memory of this table. */
  refuse(outputs: Readonly<Record<string, BackendTensor>>): void {
    const own = new Set<unknown>([...this.#values.values(), ...this.#spares.values()]);
    for (const tensor of Object.values(outputs)) if (!own.has(tensor)) tensor.dispose();
  }

  /**
   * What a run may write its `next/` outputs over: the value itself where the graph does not read it or `overwrites` allows it, else the value
   * before the last one.
   */
  placesFor(graph: Graph, overwrites: (output: string) => boolean): Record<string, BackendTensor> {
    const places: Record<string, BackendTensor> = {};
    if (!this.reusesMemory) return places;
    const read = new Set(graph.inputs.map((input) => keyOf(input)));
    for (const output of Object.keys(graph.outputs)) {
      const key = output.startsWith(NEXT) ? output.slice(NEXT.length) : undefined;
      if (key === undefined) continue;
      const value = this.#values.get(key);
      const isFree = !read.has(key) || overwrites(output);
      const place = isFree && value && 'dispose' in value ? value : this.#spares.get(key);
      if (place) places[output] = place;
    }
    return places;
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

  dispose(): void {
    for (const value of [...this.#values.values(), ...this.#spares.values()])
      if ('dispose' in value) value.dispose();
    this.#values.clear();
    this.#spares.clear();
  }
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

export function readInput(value: RunInput): Promise<HostTensor> {
  return 'read' in value ? value.read() : Promise.resolve(value);
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
