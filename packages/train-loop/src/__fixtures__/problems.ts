import { createRandom } from '@crrg/core';
import {
  buffer,
  float32,
  initializeParameters,
  parameter,
  torchDefault,
  type Backend,
  type BackendTensor,
  type HostTensor,
  type ParameterSpecs,
  type RunInput,
} from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import type { LossFunction } from '../step-contract.js';

/**
 * The reference backend with every result rounded to float32, as engines do: only then does a state that went through host
 * tensors go on bit for bit. Counts its live values.
 */
export function createRoundingBackend({ reusesMemory = false } = {}): Backend {
  const inner = createReferenceBackend();
  const owned = new WeakMap<BackendTensor, HostTensor>();
  let live = 0;
  const hold = (tensor: HostTensor): BackendTensor => {
    let held = true;
    live += 1;
    const value: BackendTensor = {
      dtype: tensor.dtype,
      shape: tensor.shape,
      read: () =>
        held
          ? Promise.resolve({ ...tensor, data: tensor.data.slice() } as HostTensor)
          : Promise.reject(new Error('read after dispose')),
      dispose: () => {
        if (held) live -= 1;
        held = false;
      },
    };
    owned.set(value, tensor);
    return value;
  };
  const overwrite = (value: BackendTensor, { data }: HostTensor) => {
    owned.get(value)!.data.set(data);
    return value;
  };
  const toHost = (input: RunInput) => ('read' in input ? input.read() : Promise.resolve(input));
  return {
    ...inner,
    reusesMemory,
    liveTensors: () => live,
    compile: async (graph, options) => {
      const executable = await inner.compile(graph, options);
      return {
        graph,
        dispose: () => executable.dispose(),
        run: async (inputs, { into = {} } = {}) => {
          const hosts: Record<string, HostTensor> = {};
          for (const [name, input] of Object.entries(inputs)) hosts[name] = await toHost(input);
          const outputs = await executable.run(hosts);
          const held: Record<string, BackendTensor> = {};
          for (const [name, tensor] of Object.entries(outputs)) {
            const result = await tensor.read();
            const place = reusesMemory && Object.hasOwn(into, name) ? into[name] : undefined;
            if (place && 'data' in place) place.data.set(result.data);
            held[name] = place && 'read' in place ? overwrite(place, result) : hold(result);
            tensor.dispose();
          }
          return held;
        },
      };
    },
  };
}

/** A two-layer network with a buffer that counts batches: `[B, 2] -> [B, 1]`. */
export const NETWORK: ParameterSpecs = {
  'hidden.weight': parameter([4, 2], torchDefault(2)),
  'hidden.bias': parameter([4], torchDefault(2)),
  'out.weight': parameter([1, 4], torchDefault(4)),
  batches: buffer([1], 0),
};

export const NETWORK_INPUTS = { x: { shape: ['batch', 2] }, y: { shape: ['batch', 1] } } as const;

/** Sum of squared errors of a tanh network. */
export const networkLoss: LossFunction = (ops, { inputs, parameters }) => {
  const hidden = ops.tanh(ops.add(ops.matmul(inputs['x']!, parameters.get('hidden.weight'), { transposeB: true }), parameters.get('hidden.bias')));
  const error = ops.sub(ops.matmul(hidden, parameters.get('out.weight'), { transposeB: true }), inputs['y']!);
  return {
    loss: ops.sum(ops.square(error)),
    metrics: { largest: ops.max(ops.abs(error)) },
    updates: { batches: ops.add(parameters.get('batches'), 1) },
  };
};

export function networkWeights(): Map<string, HostTensor> {
  return initializeParameters(NETWORK, createRandom(3));
}

/** `size` points of `y = sin(x0) - x1 / 2`. */
export function networkBatch(seed: number, size: number): { x: HostTensor; y: HostTensor } {
  const random = createRandom(seed);
  const x = Array.from({ length: size * 2 }, () => random.uniform(-1, 1));
  const y = Array.from({ length: size }, (_, row) => Math.sin(x[2 * row]!) - x[2 * row + 1]! / 2);
  return { x: float32([size, 2], x), y: float32([size, 1], y) };
}
