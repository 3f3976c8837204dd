import { BackendError, CrrgError, DisposedError, ShapeError } from '@crrg/core';
import {
  bindDims,
  evaluateDim,
  formatShape,
  type DimBindings,
  type Executable,
  type Graph,
  type GraphInput,
  type RunInput,
  type Shape,
} from '@crrg/tensor';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import type { Engine } from './engine.js';
import type { LoweredGraph } from './lower/lower-graph.js';
import { OnnxTensor } from './onnx-tensor.js';
import { ResultBuffers } from './result-buffers.js';

/** Wrong inputs that a message lists. */
const NAMED = 10;

/** What an executable needs of its backend. */
export interface ExecutableHost {
  readonly engine: Engine;
  /** Runs work after all earlier work of the backend: the engine's WebGPU half cannot overlap runs. */
  enqueue<T>(work: () => Promise<T>): Promise<T>;
  tensorMade(): void;
  tensorDisposed(): void;
  executableDisposed(executable: OnnxExecutable): void;
}

interface OutputSlot {
  readonly name: string;
  readonly value: string;
  readonly shape: Shape;
  readonly fixed: readonly number[] | undefined;
  readonly type: 'float32' | 'int32' | 'bool';
  readonly buffers: ResultBuffers;
}

function fixedShape(shape: Shape): readonly number[] | undefined {
  return shape.every((dim) => typeof dim === 'number') ? shape : undefined;
}

function outputSlots(graph: Graph): OutputSlot[] {
  return Object.entries(graph.outputs).map(([name, { shape, dtype }]) => ({
    name,
    value: `output:${name}`,
    shape,
    fixed: fixedShape(shape),
    type: dtype,
    buffers: new ResultBuffers(dtype),
  }));
}

/** A compiled graph on ONNX Runtime. */
export class OnnxExecutable implements Executable {
  private readonly slots: readonly OutputSlot[];
  private readonly graphInputs: readonly GraphInput[];
  private readonly known: ReadonlySet<string>;
  private readonly memory = new WeakMap<Tensor, ResultBuffers>();
  private disposed = false;

  constructor(
    readonly graph: Graph,
    private readonly inputs: LoweredGraph['inputs'],
    private readonly session: InferenceSession,
    private readonly host: ExecutableHost,
    private readonly label: string,
  ) {
    this.slots = outputSlots(graph);
    this.graphInputs = inputs.map(({ input }) => input);
    this.known = new Set(this.graphInputs.map(({ name }) => name));
  }

  async run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, OnnxTensor>> {
    if (this.disposed) throw new DisposedError(`backend-onnx executable "${this.label}"`);
    const bindings = this.check(inputs);
    const feeds: Record<string, Tensor> = {};
    for (const { input, value } of this.inputs) feeds[value] = this.feed(input.name, inputs[input.name]!);
    const results = await this.host.enqueue(() => this.execute(feeds, bindings));
    return this.wrap(results);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.host.executableDisposed(this);
    void this.host.enqueue(() => this.session.release()).catch(() => undefined);
  }

  private check(inputs: Readonly<Record<string, RunInput>>): DimBindings {
    const missing = this.graphInputs.filter(({ name }) => inputs[name] === undefined).map(({ name }) => name);
    const unknown = Object.keys(inputs).filter((name) => !this.known.has(name));
    if (missing.length > 0 || unknown.length > 0) throw this.refuseNames(missing, unknown);
    const bindings = bindDims(
      this.graphInputs,
      new Map(Object.entries(inputs).map(([name, { shape }]) => [name, shape])),
    );
    for (const { name, tensor } of this.graphInputs)
      this.checkInput(name, tensor.dtype, tensor.shape, inputs[name]!, bindings);
    return bindings;
  }

  private refuseNames(missing: readonly string[], unknown: readonly string[]): ShapeError {
    const problems = [
      ...missing.map((name) => `missing "${name}"`),
      ...unknown.map((name) => `unknown "${name}"`),
    ];
    const shown = problems.slice(0, NAMED).join(', ');
    const more = problems.length > NAMED ? ` and ${problems.length - NAMED} more` : '';
    return new ShapeError(
      `backend-onnx.run (${this.label}): expected the ${this.known.size} inputs of the graph, got ${shown}${more}; pass exactly these.`,
      { details: { missing, unknown } },
    );
  }

  private checkInput(
    name: string,
    dtype: string,
    shape: Shape,
    input: RunInput,
    bindings: DimBindings,
  ): void {
    if (
      input.dtype === dtype &&
      shape.every((dim, axis) => typeof dim === 'number' || evaluateDim(dim, bindings) === input.shape[axis])
    )
      return;
    const got = `${input.dtype} [${input.shape.join(', ')}]`;
    throw new ShapeError(
      `backend-onnx.run (${this.label}): input "${name}" must be ${dtype} ${formatShape(shape)}, got ${got}; convert it.`,
    );
  }

  private feed(name: string, input: RunInput): Tensor {
    if (input instanceof OnnxTensor && input.backend === this.host) return input.tensor;
    if (!('data' in input)) {
      throw new BackendError(
        `backend-onnx.run (${this.label}): input "${name}" must be host data or a tensor of this backend, got another backend's; read() it first.`,
      );
    }
    return new this.host.engine.ort.Tensor(input.dtype, input.data, input.shape);
  }

  private async execute(
    feeds: Record<string, Tensor>,
    bindings: DimBindings,
  ): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await (this.host.engine.writesInPlace
        ? this.session.run(feeds, this.fetches(bindings))
        : this.session.run(feeds));
    } catch (cause) {
      if (CrrgError.isInstance(cause)) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new BackendError(
        `backend-onnx.run (${this.label}): expected a result of ${this.host.engine.name}, got "${message}"; check the inputs' values.`,
        { cause },
      );
    }
  }

  /** Tensors over reused memory, into which the engine writes the results. */
  private fetches(bindings: DimBindings): Record<string, Tensor> {
    const fetches: Record<string, Tensor> = {};
    for (const { value, type, shape, fixed, buffers } of this.slots) {
      const dims = fixed ?? shape.map((dim) => evaluateDim(dim, bindings));
      const tensor = new this.host.engine.ort.Tensor(type, buffers.take(dims), dims);
      this.memory.set(tensor, buffers);
      fetches[value] = tensor;
    }
    return fetches;
  }

  private wrap(results: Readonly<Record<string, unknown>>): Record<string, OnnxTensor> {
    const outputs: Record<string, OnnxTensor> = {};
    for (const { name, value } of this.slots) {
      this.host.tensorMade();
      outputs[name] = new OnnxTensor(results[value] as Tensor, this.host, this.release);
    }
    return outputs;
  }

  private readonly release = (tensor: Tensor): void => {
    this.host.tensorDisposed();
    const buffers = this.memory.get(tensor);
    if (buffers) buffers.give(tensor.data as Float32Array);
    else tensor.dispose();
  };
}
