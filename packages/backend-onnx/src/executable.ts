import { BackendError, CrrgError, DisposedError } from '@crrg/core';
import { checkInputs, type Executable, type Graph, type GraphInput, type RunInput } from '@crrg/tensor';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { Engine } from './engine.js';
import type { LoweredGraph } from './lower/lower-graph.js';
import { OnnxTensor } from './onnx-tensor.js';

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
  }

  async run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, OnnxTensor>> {
    if (this.disposed) throw new DisposedError(`backend-onnx executable "${this.label}"`);
    checkInputs(this.graphInputs, inputs, `backend-onnx.run (${this.label})`);
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
    return Object.fromEntries(
      this.outputs.map((name) => {
        this.host.tensorMade();
        return [name, new OnnxTensor(results[`output:${name}`] as Tensor, this.host, this.release)];
      }),
    );
  }

  private readonly release = (tensor: Tensor): void => {
    this.host.tensorDisposed();
    tensor.dispose();
  };
}
