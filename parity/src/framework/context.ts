import type { Backend, HostTensor } from '@crrg/tensor';
import type { GoldenCase, GoldenValue } from '../golden/cases.js';
import type { WeightSource } from '../golden/weights.js';
import type { Expected } from './comparisons.js';

/** A group of cases that one part of the system answers for. */
export interface ParitySuite {
  readonly name: string;
  matches(caseName: string): boolean;
  run(context: ParityContext): Promise<void>;
}

/** One comparison. */
export interface CheckResult {
  readonly caseName: string;
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
  readonly note?: string | undefined;
}

export interface CheckOptions {
  /** Largest absolute difference. @defaultValue max(factor x torch_fp32_maxabs_err, 2e-6 x absmax) of the sidecar */
  readonly tolerance?: number | undefined;
  /** Multiple of the reference's own float32 error: 10 for blocked sums, up to 50 for sequential ones. @defaultValue the engine's */
  readonly factor?: number | undefined;
}

export interface ParityContext extends GoldenCase {
  /** The golden folder. */
  readonly folder: string;
  readonly backendName: string;
  /** The engine chosen on the command line; created once for all cases. */
  backend(): Promise<Backend>;
  /** Another case of the folder, such as the backbone case whose features this one needs. */
  otherCase(name: string): Promise<GoldenCase>;
  /** A file, by a path relative to the sidecar. */
  file(relativePath: string): Promise<Uint8Array>;
  /**
   * Weights under their reference names, generated when asked for. The names keep their prefix.
   * Keep no more of the full configuration than needed: it is 2.4 GB.
   */
  weights(
    config: string,
    options?: { readonly prefix?: string | undefined },
  ): Promise<Map<string, HostTensor>>;
  /** The `settings` of a weight manifest. */
  settings(config: string): Promise<Readonly<Record<string, unknown>>>;
  /** Settings, names and shapes of the weights of a configuration. */
  weightSource(config: string): Promise<WeightSource>;
  /** A generated input. */
  input(name: string, shape: readonly number[], mean?: number, scale?: number): HostTensor<'float32'>;
  /** Generated whole numbers in [low, high). */
  integers(name: string, count: number, low: number, high: number): Int32Array;
  /** A tensor of this case. Throws where it is absent. */
  tensor(name: string): HostTensor;
  /** Compares elementwise with a golden tensor (whole or sampled) or with given numbers. */
  check(name: string, actual: ArrayLike<number>, expected?: Expected, options?: CheckOptions): boolean;
  /** Compares a scalar such as a loss. */
  checkValue(name: string, actual: number, expected: GoldenValue, options?: CheckOptions): boolean;
  /** Compares whole numbers, booleans or bits exactly; the error is the number of differences. */
  checkEqual(name: string, actual: ArrayLike<number | boolean>, expected?: Expected): boolean;
  /** Compares by |a - e| / |e| over the whole tensor or its samples. @defaultValue tolerance 1e-2 */
  checkRelativeL2(
    name: string,
    actual: ArrayLike<number>,
    expected?: Expected,
    options?: { readonly tolerance?: number | undefined },
  ): boolean;
  /** Any other comparison. */
  report(name: string, error: number, tolerance: number, note?: string): boolean;
  /** Marks golden tensors as covered by a comparison under another name. */
  covers(...names: readonly string[]): void;
}
