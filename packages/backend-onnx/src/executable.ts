import { BackendError, CrrgError, DisposedError } from '@crrg/core';
import {
  arrayTypeOf,
  checkInputs,
  evaluateDim,
  shapesEqual,
  sizeOf,
  type Dim,
  type DimBindings,
  type Executable,
  type Graph,
  type GraphInput,
  type RunInput,
  type RunOptions,
} from '@crrg/tensor';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { Engine } from './engine.js';
import { innerSizes, refuseEmptyProducts } from './empty-products.js';
import type { LoweredGraph } from './lower/lower-graph.js';
import { OnnxTensor } from './onnx-tensor.js';
import { UNREADABLE, isUnreadable } from './unreadable.js';

/** What an executable needs of its backend. */
export interface ExecutableHost {
  readonly engine: Engine;
  /** Runs work after all earlier work of the backend: the engine's WebGPU half cannot overlap runs. */
  enqueue<T>(work: () => Promise<T>): Promise<T>;
  tensorMade(): void;
  tensorDisposed(): void;
  executableDisposed(executable: OnnxExecutable): void;
}

/** An output's name in the model. */
const valueOf = (name: string) => `output:${name}`;

function fetchesOf(places: ReadonlyMap<string, Tensor>): Record<string, Tensor | null> {
  const named = [...places].map(([name, tensor]) => [valueOf(name), tensor] as const);
  return { [UNREADABLE]: null, ...Object.fromEntries(named) };
}

/** A compiled graph on ONNX Runtime. */
export class OnnxExecutable implements Executable {
  private readonly outputs: readonly string[];
  private readonly graphInputs: readonly GraphInput[];
  private readonly innerSizes: readonly Dim[];
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
    this.innerSizes = host.engine.executionProviders.includes('webgpu') ? innerSizes(graph) : [];
  }

  async run(
    inputs: Readonly<Record<string, RunInput>>,
    { into = {} }: RunOptions = {},
  ): Promise<Record<string, OnnxTensor>> {
    if (this.disposed) throw new DisposedError(`backend-onnx executable "${this.label}"`);
    const where = `backend-onnx.run (${this.label})`;
    const bindings = checkInputs(this.graphInputs, inputs, where);
    refuseEmptyProducts(this.innerSizes, bindings, where);
    const feeds: Record<string, Tensor> = {};
    for (const { input, value } of this.inputs) feeds[value] = this.feed(input.name, inputs[input.name]!);
    const places = this.host.engine.writesToArrays ? this.placesOf(bindings, into) : undefined;
    const results = await this.host.enqueue(() => this.execute(feeds, places));
    return this.wrap((name) => (results ? (results[valueOf(name)] as Tensor) : places!.get(name)!), into);
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

  /** An array for each output: the caller's, that of a value which the caller gives up, or a new one. */
  private placesOf(bindings: DimBindings, into: Readonly<Record<string, RunInput>>): Map<string, Tensor> {
    const { Tensor } = this.host.engine.ort;
    return new Map(
      Object.entries(this.graph.outputs).map(([name, { dtype, shape }]) => {
        const sizes = shape.map((dim) => evaluateDim(dim, bindings));
        const given = Object.hasOwn(into, name) ? into[name] : undefined;
        if (!given) return [name, new Tensor(dtype, new (arrayTypeOf(dtype))(sizeOf(sizes)), sizes)];
        if (given.dtype === dtype && shapesEqual(given.shape, sizes)) {
          if (given instanceof OnnxTensor && given.backend === this.host) return [name, given.tensor];
          if ('data' in given) return [name, new Tensor(dtype, given.data, sizes)];
        }
        throw new BackendError(
          `backend-onnx.run (${this.label}): output "${name}" must go into a ${dtype} [${sizes.join(', ')}] of this backend, got ${given.dtype} [${given.shape.join(', ')}]; give a result of an earlier run, or a host tensor.`,
        );
      }),
    );
  }

  /** Results by name, or nothing where they are in the places that were given. */
  private async execute(
    feeds: Record<string, Tensor>,
    places: ReadonlyMap<string, Tensor> | undefined,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      return await (places ? this.session.run(feeds, fetchesOf(places)) : this.session.run(feeds));
    } catch (cause) {
      if (places && isUnreadable(cause)) return undefined;
      if (CrrgError.isInstance(cause)) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new BackendError(
        `backend-onnx.run (${this.label}): expected a result of ${this.host.engine.name}, got "${message}"; check the inputs' values.`,
        { cause },
      );
    }
  }

  private wrap(
    resultOf: (name: string) => Tensor,
    into: Readonly<Record<string, RunInput>>,
  ): Record<string, OnnxTensor> {
    return Object.fromEntries(
      this.outputs.map((name) => {
        const result = resultOf(name);
        const given = Object.hasOwn(into, name) ? into[name] : undefined;
        if (given instanceof OnnxTensor && given.tensor === result) return [name, given];
        this.host.tensorMade();
        return [name, new OnnxTensor(result, this.host, this.release)];
      }),
    );
  }

  private readonly release = (tensor: Tensor): void => {
    this.host.tensorDisposed();
    tensor.dispose();
  };
}
