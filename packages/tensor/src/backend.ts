import { BackendError, type AbortOptions, type WarningListener } from '@crrg/core';
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

/** How to run. */
export interface RunOptions {
  /**
   * Values of this backend that are no longer needed, or host arrays, by the name of an output of the same shape and type. A backend that
   * {@link Backend.reusesMemory | reuses memory} writes the output there. A value of its own it gives back as the result; the result beside
   * a host array is good for as long as the array is not written to. Others give new values and leave these alone. What is written to may be
   * an input of the same run where {@link canOverwrite} says so.
   */
  readonly into?: Readonly<Record<string, RunInput>> | undefined;
}

/** A compiled graph. Runs may overlap only where the backend says so; callers await each run. */
export interface Executable {
  readonly graph: Graph;
  /**
   * All outputs of the graph by name. Inputs are exactly those of the graph that are not bound. Host data is read until the promise settles
   * and never afterwards; results share no memory with it.
   * @throws ShapeError | BackendError | DisposedError
   */
  run(
    inputs: Readonly<Record<string, RunInput>>,
    options?: RunOptions,
  ): Promise<Record<string, BackendTensor>>;
  dispose(): void;
}

/**
 * How a bound weight matrix is kept: `fp32` as it is; `q8` as 8-bit integers, one scale per column; `q8-blocks` and `q4-blocks` as integers of
 * 8 and 4 bits, one scale per block of a column. What they multiply is quantised too: for `q8` with one scale for all rows together, so that
 * a row's result depends a little on the rows beside it; for blocks by block of each row, which is more exact and less fast.
 */
export type WeightDType = 'fp32' | 'q8' | 'q8-blocks' | 'q4-blocks';

/** One choice for every bound matrix, or one by the parameter's name. */
export type WeightDTypeChoice = WeightDType | ((parameter: string) => WeightDType);

/** How to compile. */
export interface CompileOptions extends AbortOptions {
  /**
   * Parameters to bind now, so that the engine may pack, fold or upload them once. Parameters not given are inputs of each run.
   * @defaultValue none
   */
  readonly weights?: StateDict | undefined;
  /**
   * Quantised matrices are faster and smaller, and results less exact.
   * @defaultValue the backend's own choice
   */
  readonly weightDType?: WeightDTypeChoice | undefined;
  /**
   * Whether every run multiplies few rows with the bound matrices, as a step of decoding does, where reading the matrices takes longer than the
   * arithmetic. An engine may lay them out for that; results change by rounding at most.
   * @defaultValue false
   */
  readonly fewRows?: boolean | undefined;
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
  /** True where results may be written over values that the caller gives up: see {@link RunOptions.into}. @defaultValue false */
  readonly reusesMemory?: boolean | undefined;
  /**
   * True where every run costs much by itself, as where results cannot stay on the device and are copied out and in, so that steps which only
   * depend on each other are better one graph than several runs. A backend says so only where that was measured. @defaultValue false
   */
  readonly prefersLongRuns?: boolean | undefined;
  /** @throws BackendError for a `weightDType` that the engine does not have */
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

/** For backends that multiply in float32 only. @throws {BackendError} for other weights */
export function requireFloat32Weights({ weightDType = 'fp32' }: CompileOptions, where: string): void {
  if (weightDType === 'fp32') return;
  throw new BackendError(
    `${where}: expected weights in fp32, got quantised ones; use the engine "onnx" or "onnx-wasm" for quantised weights.`,
  );
}
