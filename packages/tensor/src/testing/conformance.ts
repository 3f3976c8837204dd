import { createRandom, type Random } from '@crrg/core';
import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import { runToHost, type Backend } from '../backend.js';
import { mulDims } from '../dim.js';
import { gradients } from '../gradients.js';
import type { Graph } from '../graph.js';
import { hostTensor, sizeOf, type HostTensor } from '../host-tensor.js';
import type { ReferenceArray } from '../ops/definition.js';
import { expandComposites, trace } from '../trace.js';
import type { ConformanceCase } from './conformance/case.js';
import { CONFORMANCE_CASES } from './conformance/cases.js';
import { testContract } from './conformance/contract.js';
import { interpret } from './reference-backend.js';

type Values = Record<string, HostTensor>;

function drawInputs(testCase: ConformanceCase, random: Random): Values {
  return Object.fromEntries(
    Object.entries(testCase.inputs).map(([name, { shape, dtype = 'float32', range = [0, 2] }]) => {
      const fixed = shape.map((dim) =>
        typeof dim === 'number' ? dim : testCase.sizes![typeof dim === 'string' ? dim : dim.key]!,
      );
      const [low, high] = range;
      const draw = () => (dtype === 'float32' ? random.uniform(low, high) : low + random.integer(high - low));
      return [name, hostTensor(dtype, fixed, Array.from({ length: sizeOf(fixed) }, draw))];
    }),
  );
}

function exact(values: Values): Record<string, ReferenceArray> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: data instanceof Float32Array ? Float64Array.from(data) : data },
    ]),
  );
}

function forwardGraph({ inputs, build }: ConformanceCase): Graph {
  return trace({ inputs }, (ops, scope) => ({ y: build(ops, scope.inputs) }));
}

/** `sum(y * c)` for coefficients that make every element's gradient different. */
function lossGraph({ inputs, build }: ConformanceCase, differentiate: boolean): Graph {
  const names = Object.keys(inputs).filter((name) => (inputs[name]!.dtype ?? 'float32') === 'float32');
  return trace({ inputs }, (ops, scope) => {
    const y = build(ops, scope.inputs);
    const flat = ops.reshape(y, [mulDims(...y.shape)]);
    const coefficients = ops.add(ops.mul(ops.cast(ops.iota(flat.shape[0]!), 'float32'), 0.125), 1);
    const loss = ops.sum(ops.mul(flat, coefficients));
    if (!differentiate) return { loss };
    const found = gradients(
      ops,
      loss,
      names.map((name) => scope.inputs[name]!),
    );
    return Object.fromEntries(names.map((name, index) => [name, found[index]!]));
  });
}

function expandAll(graph: Graph): Graph {
  return expandComposites(graph, () => false);
}

/** Central differences of the loss in float64 for every element of one input. */
function finiteDifferences(graph: Graph, values: Record<string, ReferenceArray>, name: string): Float64Array {
  const base = values[name]!;
  const step = 1e-6;
  return Float64Array.from(base.data, (_, position) => {
    const at = (offset: number) => {
      const data = Float64Array.from(base.data);
      data[position]! += offset;
      return interpret(graph, { ...values, [name]: { ...base, data } })['loss']!.data[0]!;
    };
    return (at(step) - at(-step)) / (2 * step);
  });
}

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  let scale = 1;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    expect(error <= tolerance * scale, `${what}[${i}]: expected ${expected[i]}, got ${actual[i]}`).toBe(true);
  }
}

async function checkForward(backend: Backend, testCase: ConformanceCase, values: Values): Promise<void> {
  const graph = forwardGraph(testCase);
  const expected = interpret(expandAll(graph), exact(values))['y']!;
  const executable = await backend.compile(graph);
  try {
    const { y } = await runToHost(executable, values);
    expect(y!.shape).toEqual(expected.shape);
    expect(y!.dtype).toBe(expected.dtype);
    expectClose(y!.data, expected.data, y!.dtype === 'float32' ? 2e-6 : 0, 'value');
  } finally {
    executable.dispose();
  }
}

async function checkGradients(backend: Backend, testCase: ConformanceCase, values: Values): Promise<void> {
  const executable = await backend.compile(lossGraph(testCase, true));
  try {
    const actual = await runToHost(executable, values);
    const loss = expandAll(lossGraph(testCase, false));
    for (const [name, gradient] of Object.entries(actual)) {
      expectClose(gradient.data, finiteDifferences(loss, exact(values), name), 5e-6, `gradient of ${name}`);
    }
  } finally {
    executable.dispose();
  }
}

/** What is known of a backend that is tested. */
export interface TestBackendOptions {
  /** Rules, by name, that the backend cannot keep: it must refuse them with a `BackendError`, not give other numbers. @defaultValue none */
  readonly lacks?: readonly string[] | undefined;
}

/**
 * Declares the conformance suite of a backend in vitest: every operation's value, shape and type against the float64 interpreter,
 * every gradient against finite differences, bound parameters, feeding outputs back, and no leaked values.
 *
 * Tolerances: values 2e-6, gradients 5e-6, relative to the largest element (float32 arithmetic on short sums; finite differences in
 * float64 are good to about 1e-8).
 *
 * @example
 * ```ts
 * testBackend('onnxruntime-node', () => createOnnxBackend({ runtime: 'node' }));
 * ```
 */
export function testBackend(
  name: string,
  createBackend: () => Promise<Backend> | Backend,
  { lacks = [] }: TestBackendOptions = {},
): void {
  describe(`${name} conforms`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend();
    });
    afterAll(() => backend.dispose());

    for (const testCase of CONFORMANCE_CASES) {
      const draw = () => drawInputs(testCase, createRandom(11).fork(testCase.name));
      it(testCase.name, () => checkForward(backend, testCase, draw()));
      if (testCase.differentiable !== false)
        it(`${testCase.name}: gradient`, () => checkGradients(backend, testCase, draw()));
    }

    testContract(() => backend, createBackend, lacks);
  });
}
