import { BackendError, CrrgError, DisposedError } from '@crrg/core';
import {
  bindWeights,
  checkInputs,
  evaluateDim,
  expandComposites,
  type BackendTensor,
  type CompileOptions,
  type DimBindings,
  type Executable,
  type Graph,
  type GraphInput,
  type RunInput,
} from '@crrg/tensor';
import { upload, uploadConstant, type Device } from './device.js';
import type { KernelContext, KernelResult } from './kernels/definition.js';
import { hasKernel } from './kernels/index.js';
import { rowMajor, type Layout } from './layout.js';
import { planGraph, type Plan, type Step } from './plan.js';
import { TfjsTensor } from './tensor.js';
import { Value } from './value.js';

/** What operations give where an operand has no elements; kernels leave such results unwritten. */
const FROM_NOTHING: ReadonlyMap<string, number> = new Map([
  ['sum', 0],
  ['matmul', 0],
  ['scatterAddElements', 0],
  ['max', -Infinity],
]);

function toValue(
  { opened: { tf }, live }: Device,
  { shape, dtype }: KernelContext,
  compute: () => KernelResult,
): Value {
  let shared: Value | undefined;
  let layout: Layout = rowMajor(shape.length);
  const tensor = tf.tidy(() => {
    const result = compute();
    if (result instanceof Value) {
      shared = result;
      return undefined;
    }
    if ('layout' in result) layout = result.layout;
    const array = 'layout' in result ? result.tensor : result;
    // An engine may hand back its operand.
    return array.kept ? tf.clone(array) : array;
  });
  return shared ?? new Value(tf, live, dtype, shape, tensor!, layout);
}

/** A compiled graph that TensorFlow.js runs operation by operation. */
export class TfjsExecutable implements Executable {
  readonly #expanded: Graph;
  readonly #plan: Plan;
  readonly #bound = new Map<number, Value>();
  readonly #open: readonly GraphInput[];
  #isDisposed = false;

  constructor(
    readonly graph: Graph,
    private readonly device: Device,
    private readonly name: string,
    weights: CompileOptions['weights'],
    private readonly onDispose: (executable: TfjsExecutable) => void,
  ) {
    this.#expanded = expandComposites(graph, hasKernel);
    this.#plan = planGraph(this.#expanded, device.prefersPlainKernels);
    const { layouts, constants } = this.#plan;
    const { bound, open } = bindWeights(this.#expanded.inputs, weights, `${this.name}.compile`);
    this.#open = open;
    try {
      this.device.opened.use(() => {
        for (const node of constants)
          this.#bound.set(
            node.output.id,
            uploadConstant(device, node.attributes.value, layouts.get(node.output.id)),
          );
        for (const { input, weight } of bound) {
          const { id } = input.tensor;
          this.#bound.set(id, upload(device, weight, device.held, layouts.get(id)));
        }
      });
    } catch (error) {
      for (const value of this.#bound.values()) value.dispose();
      throw error;
    }
  }

  #execute({ node, compute }: Step, bindings: DimBindings, values: ReadonlyMap<number, Value>): Value {
    const { tf } = this.device.opened;
    const { shape, dtype } = node.output;
    const dim: KernelContext['dim'] = (size) => evaluateDim(size, bindings);
    const context: KernelContext = {
      tf,
      live: this.device.live,
      shape: shape.map(dim),
      dtype,
      prefersPlainKernels: this.device.prefersPlainKernels,
      padsPools: this.device.padsPools,
      dim,
    };
    const operands = node.inputs.map((input) => values.get(input.id)!);
    const fill = operands.some((value) => value.size === 0) ? FROM_NOTHING.get(node.op) : undefined;
    if (fill !== undefined || context.shape.includes(0))
      return toValue(this.device, context, () => tf.fill([...context.shape], fill ?? 0, dtype));
    try {
      return toValue(this.device, context, () => compute(context, operands));
    } catch (cause) {
      if (CrrgError.isInstance(cause)) throw cause;
      const shapes = operands.map((value) => `[${value.shape.join(', ')}]`).join(', ');
      throw new BackendError(
        `${this.name}: TensorFlow.js failed at ${node.op} of ${shapes}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  #resolve(given: RunInput): Value {
    if (!('read' in given)) return upload(this.device, given, this.device.live);
    if (given instanceof TfjsTensor && given.device === this.device)
      return given.value.share(this.device.live);
    throw new BackendError(
      `${this.name}: expected host data or a value of this backend, got a value of another; call read() first.`,
    );
  }

  #compute(inputs: Readonly<Record<string, RunInput>>, bindings: DimBindings): Record<string, BackendTensor> {
    const own = new Map<number, Value>();
    const values = new Map(this.#bound);
    const hold = (id: number, value: Value) => {
      own.set(id, value);
      values.set(id, value);
    };
    try {
      for (const { name, tensor } of this.#open) hold(tensor.id, this.#resolve(inputs[name]!));
      for (const step of this.#plan.steps) {
        hold(step.node.output.id, this.#execute(step, bindings, values));
        for (const { id } of step.release) {
          own.get(id)?.dispose();
          own.delete(id);
        }
      }
      return Object.fromEntries(
        Object.entries(this.#expanded.outputs).map(([name, tensor]) => [
          name,
          new TfjsTensor(values.get(tensor.id)!.share(this.device.live), this.device),
        ]),
      );
    } finally {
      for (const value of own.values()) value.dispose();
    }
  }

  async run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, BackendTensor>> {
    if (this.#isDisposed) throw new DisposedError(this.name);
    const bindings = checkInputs(this.#open, inputs, `${this.name}.run`);
    return this.device.opened.use(() => this.#compute(inputs, bindings));
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const value of this.#bound.values()) value.dispose();
    this.#bound.clear();
    this.onDispose(this);
  }
}
