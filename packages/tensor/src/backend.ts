import type { AbortOptions, WarningListener } from '@crrg/core';
import type { Graph } from './graph.js';
import type { DType, HostTensor, StateDict } from './host-tensor.js';

/** A value held by a backend, on whatever device that uses. The caller who got it disposes it. */
export interface BackendTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** A copy in JavaScript memory. */
  read(): Promise<HostTensor>;
  dispose(): void;
}

/** What a run accepts for an input: host data, or a value of an earlier run of the same backend (not consumed). */
export type RunInput = HostTensor | BackendTensor;

/** A compiled graph. Runs may overlap only where the backend says so; callers await each run. */
export interface Executable {
  readonly graph: Graph;
  /**
   * All outputs of the graph by name. Inputs are exactly those of the graph that are not bound. Host data is read until the promise settles
   * and never afterwards; results share no memory with it.
   * @throws ShapeError | BackendError | DisposedError
   */
  run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, BackendTensor>>;
  dispose(): void;
}

/** How to compile. */
export interface CompileOptions extends AbortOptions {
  /**
   * Parameters to bind now, so that the engine may pack, fold or upload them once. Parameters not given are inputs of each run.
   * @defaultValue none
   */
  readonly weights?: StateDict | undefined;
  /** A short name for profiles and messages. @defaultValue 'graph' */
  readonly name?: string | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** A compute engine: everything CRRG asks of ONNX Runtime, TensorFlow.js or the reference interpreter. */
export interface Backend {
  /** For provenance, such as `onnxruntime-node/cpu`. */
  readonly name: string;
  /** Versions of the engines used, for provenance. */
  readonly versions: Readonly<Record<string, string>>;
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
  /** Number of device values alive, where the backend can count them: for leak tests. */
  liveTensors(): number;
  dispose(): void;
}

/** Runs once and gives every output as host data, releasing the device values. */
export async function runToHost(
  executable: Executable,
  inputs: Readonly<Record<string, RunInput>>,
): Promise<Record<string, HostTensor>> {
  const outputs = await executable.run(inputs);
  const values: [string, HostTensor][] = [];
  try {
    for (const [name, tensor] of Object.entries(outputs)) values.push([name, await tensor.read()]);
  } finally {
    for (const tensor of Object.values(outputs)) tensor.dispose();
  }
  return Object.fromEntries(values);
}
