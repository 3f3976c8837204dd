import type { Tensor } from '../../graph.js';
import { hostTensor, type HostTensor } from '../../host-tensor.js';
import type { Ops } from '../../operations.js';
import type { TraceSignature } from '../../trace.js';

/** One rule on inputs where random numbers would not meet it, with the values that it asks for. */
export interface ConformanceRule {
  readonly name: string;
  readonly signature: TraceSignature['inputs'];
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly build: (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;
  /** Expected values by output. */
  readonly expected: Readonly<Record<string, readonly number[]>>;
}

/** A tensor of truth values, 0 or 1 each. */
export const bool = (shape: readonly number[], data: readonly number[]) => hostTensor('bool', shape, data);
