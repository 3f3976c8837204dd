import { CheckpointError, ShapeError } from '@crrg/core';
import {
  float32,
  sizeOf,
  type BackendTensor,
  type Executable,
  type HostTensor,
  type RunInput,
} from '@crrg/tensor';
import type { TrainStepState } from './step-contract.js';
import { GRADIENT, NEXT, parameterKey } from './step-graphs.js';

/** The training state by name; replaces and disposes as steps go on. */
export class ValueTable {
  readonly #values = new Map<string, RunInput>();

  get(name: string): RunInput {
    return this.#values.get(name)!;
  }

  entries(): Iterable<[string, RunInput]> {
    return this.#values.entries();
  }

  set(name: string, value: RunInput): void {
    const old = this.#values.get(name);
    if (old && old !== value) release(old);
    this.#values.set(name, value);
  }

  /** Adopts the `next/` outputs of a run and disposes the rest. */
  take(outputs: Readonly<Record<string, BackendTensor>>): void {
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith(NEXT)) this.set(name.slice(NEXT.length), tensor);
      else tensor.dispose();
    }
  }

  /** The inputs of a run: the batch and scalars given, everything else from this table. */
  inputsOf(executable: Executable, given: Readonly<Record<string, RunInput>>): Record<string, RunInput> {
    const inputs: Record<string, RunInput> = {};
    for (const { name, kind } of executable.graph.inputs) {
      const value = kind === 'parameter' ? this.get(parameterKey(name)) : (given[name] ?? this.get(name));
      if (!value) throw new ShapeError(`train.step: input "${name}" is missing; give it with each batch.`);
      inputs[name] = value;
    }
    return inputs;
  }

  dispose(): void {
    for (const value of this.#values.values()) release(value);
    this.#values.clear();
  }
}

/** Zero tensors over one array, since no run changes its inputs. */
export function sharedZeros(
  shapes: readonly (readonly number[])[],
): (shape: readonly number[]) => HostTensor {
  const array = new Float32Array(Math.max(...shapes.map(sizeOf)));
  return (shape) => float32(shape, array.subarray(0, sizeOf(shape)));
}

function release(value: RunInput): void {
  if ('dispose' in value) value.dispose();
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
