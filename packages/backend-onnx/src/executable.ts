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

/** A compiled graph on ONNX Runtime. */
export class OnnxExecutable implements Executable {
  private readonly outputs: readonly string[];
  private readonly graphInputs: readonly GraphInput[];
  private readonly known: ReadonlySet<string>;
  private disposed = false;

  constructor(
    readonly graph: Graph,
    private readonly inputs: LoweredGraph['inputs'],
    private readonly session: InferenceSession,
    private readonly host: ExecutableHost,
    private readonly label: string,
  ) {
    this.outputs = Object.keys(graph.outputs);
    this.graphInputs = inputs.map(({ input }) => input);
    this.known = new Set(this.graphInputs.map(({ name }) => name));
  }

  async run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, OnnxTensor>> {
    if (this.disposed) throw new DisposedError(`backend-onnx executable "${this.label}"`);
    this.check(inputs);
    const feeds: Record<string, Tensor> = {};
    for (const { input, value } of this.inputs) feeds[value] = this.feed(input.name, inputs[input.name]!);
    const results = await this.host.enqueue(() => this.execute(feeds));
    return this.wrap(results);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.host.executableDisposed(this);
    void this.host.enqueue(() => this.session.release()).catch(() => undefined);
  }

  private check(inputs: Readonly<Record<string, RunInput>>): void {
    const missing = this.graphInputs.filter(({ name }) => inputs[name] === undefined).map(({ name }) => name);
    const unknown = Object.keys(inputs).filter((name) => !this.known.has(name));
    if (missing.length > 0 || unknown.length > 0) throw this.refuseNames(missing, unknown);
    const bindings = bindDims(
      this.graphInputs,
      new Map(Object.entries(inputs).map(([name, { shape }]) => [name, shape])),
    );
    for (const { name, tensor } of this.graphInputs)
      this.checkInput(name, tensor.dtype, tensor.shape, inputs[name]!, bindings);
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

  /** Results take memory of the engine's choice: arrays made beforehand would be written and then copied once more. */
  private async execute(feeds: Record<string, Tensor>): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.session.run(feeds);
    } catch (cause) {
      if (CrrgError.isInstance(cause)) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new BackendError(
        `backend-onnx.run (${this.label}): expected a result of ${this.host.engine.name}, got "${message}"; check the inputs' values.`,
        { cause },
      );
    }
  }

  private wrap(results: Readonly<Record<string, unknown>>): Record<string, OnnxTensor> {
    const outputs: Record<string, OnnxTensor> = {};
    for (const name of this.outputs) {
      this.host.tensorMade();
      outputs[name] = new OnnxTensor(results[`output:${name}`] as Tensor, this.host, this.release);
    }
    return outputs;
  }

  private readonly release = (tensor: Tensor): void => {
    this.host.tensorDisposed();
    tensor.dispose();
  };
}
