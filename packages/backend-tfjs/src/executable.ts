import { BackendError, CrrgError, DisposedError, ShapeError } from '@crrg/core';
import {
  bindDims,
  constantValue,
  evaluateDim,
  expandComposites,
  formatShape,
  type BackendTensor,
  type CompileOptions,
  type DimBindings,
  type Executable,
  type Graph,
  type GraphInput,
  type HostTensor,
  type RunInput,
  type Tensor,
} from '@crrg/tensor';
import type { OpenEngine } from './engine.js';
import type { KernelContext, KernelResult } from './kernels/definition.js';
import { KERNELS } from './kernels/index.js';
import { rowMajor, type Layout } from './layout.js';
import { planGraph, type Plan, type Step } from './plan.js';
import { TfjsTensor } from './tensor.js';
import { Value, type LiveCount } from './value.js';

/** What every graph of one backend shares. */
export interface Device {
  readonly opened: OpenEngine;
  /** Arrays of runs: inputs, intermediates and results. */
  readonly live: LiveCount;
  /** Arrays that compiled graphs hold until they are disposed. */
  readonly held: LiveCount;
  readonly prefersPlainKernels: boolean;
}

/** Copies host data to the device; a copy also where the engine would otherwise alias it. */
export function upload(
  { opened: { tf } }: Device,
  host: HostTensor,
  live: LiveCount,
  layout?: Layout,
): Value {
  const base = tf.tensor(host.data.slice(), [...host.shape], host.dtype);
  const value = new Value(tf, live, host.dtype, host.shape, base);
  if (!layout || value.has(layout) || value.size === 0) return value;
  const moved = new Value(
    tf,
    live,
    host.dtype,
    host.shape,
    tf.tidy(() => tf.transpose(base, [...layout])),
    layout,
  );
  value.dispose();
  return moved;
}

function uploadConstant(device: Device, host: HostTensor, layout: Layout | undefined): Value {
  const value = upload(device, host, device.held, layout);
  if (host.data.length === 1 && host.dtype !== 'bool') value.literal = host.data[0];
  return value;
}

/** Operations whose result is zero where an operand has no elements; kernels leave such results unwritten. */
const ZERO_FROM_NOTHING = new Set(['sum', 'matmul', 'scatterAddElements']);

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
    this.#expanded = expandComposites(graph, (op) => KERNELS.has(op));
    this.#plan = planGraph(this.#expanded, device.prefersPlainKernels);
    const { layouts, constants } = this.#plan;
    const { inputs } = this.#expanded;
    this.device.opened.use(() => {
      for (const node of constants)
        this.#bound.set(
          node.output.id,
          uploadConstant(device, constantValue(node), layouts.get(node.output.id)),
        );
      for (const { name: parameter, kind, tensor } of inputs) {
        const host = kind === 'parameter' ? weights?.get(parameter) : undefined;
        if (!host) continue;
        this.#check(parameter, tensor, host);
        this.#bound.set(tensor.id, upload(device, host, device.held, layouts.get(tensor.id)));
      }
    });
    this.#open = inputs.filter(({ tensor }) => !this.#bound.has(tensor.id));
  }

  #check(
    name: string,
    expected: Tensor,
    actual: { readonly dtype: string; readonly shape: readonly number[] },
  ): void {
    const fits = actual.dtype === expected.dtype && actual.shape.length === expected.shape.length;
    const sized = expected.shape.every((dim, axis) => typeof dim !== 'number' || dim === actual.shape[axis]);
    if (fits && sized) return;
    throw new ShapeError(
      `${this.name}: expected "${name}" as ${expected.dtype} ${formatShape(expected.shape)}, got ${actual.dtype} [${actual.shape.join(', ')}]; reshape or cast it.`,
    );
  }

  /** Checks every input before anything is uploaded. */
  #bind(inputs: Readonly<Record<string, RunInput>>): DimBindings {
    const shapes = new Map<string, readonly number[]>();
    for (const { name, tensor } of this.#open) {
      const given = inputs[name];
      if (!given)
        throw new ShapeError(
          `${this.name}: expected input "${name}" ${formatShape(tensor.shape)}, got none; pass it to run().`,
        );
      this.#check(name, tensor, given);
      shapes.set(name, given.shape);
    }
    return bindDims(this.#open, shapes);
  }

  #execute({ node, kernel }: Step, bindings: DimBindings, values: ReadonlyMap<number, Value>): Value {
    const { tf } = this.device.opened;
    const { shape, dtype } = node.output;
    const dim: KernelContext['dim'] = (size) => evaluateDim(size, bindings);
    const context: KernelContext = {
      tf,
      live: this.device.live,
      shape: shape.map(dim),
      dtype,
      attributes: node.attributes,
      prefersPlainKernels: this.device.prefersPlainKernels,
      dim,
    };
    const operands = node.inputs.map((input) => values.get(input.id)!);
    const nothing = ZERO_FROM_NOTHING.has(node.op) && operands.some((value) => value.size === 0);
    if (nothing || context.shape.includes(0)) {
      return toValue(this.device, context, () => tf.zeros([...context.shape], dtype));
    }
    try {
      return toValue(this.device, context, () => kernel(context, operands));
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
    const bindings = this.#bind(inputs);
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
