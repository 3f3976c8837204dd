import { createOnnxBackend } from '@crrg/backend-onnx';
import { float32, runToHost, trace, type Backend, type Graph } from '@crrg/tensor';
import type { Peer } from './peer.js';

/** What the machine can do at most, as measured. */
export interface MachineLimits {
  /** Bytes read from memory per second. */
  readonly bandwidth: number;
  /** Multiplications and additions per second. */
  readonly arithmetic: number;
}

/** What a computation does at least. */
export interface LeastWork {
  /** Multiplications and additions. */
  readonly operations: number;
  /** Read from memory. */
  readonly bytes: number;
}

/** Milliseconds that work takes at least, by the slower of arithmetic and memory. */
export const leastMs = ({ operations, bytes }: LeastWork, limits: MachineLimits): number =>
  1000 * Math.max(operations / limits.arithmetic, bytes / limits.bandwidth);

const ROWS = 2;
const ROW_LENGTH = 2 ** 26;
const SIDE = 2048;
const GOES = 7;

async function fastest(
  backend: Backend,
  graph: Graph,
  inputs: Parameters<typeof runToHost>[1],
): Promise<number> {
  const executable = await backend.compile(graph);
  let best = Infinity;
  for (let go = 0; go < GOES; go++) {
    const started = performance.now();
    await runToHost(executable, inputs);
    best = Math.min(best, (performance.now() - started) / 1000);
  }
  executable.dispose();
  return best;
}

/**
 * Bandwidth by adding up 512 MiB that no cache holds, arithmetic by a product of two square matrices of 2048, both on the given backend
 * with all its threads; the fastest of seven goes, so that a busy neighbour counts least.
 */
export async function measureLimits(backend: Backend): Promise<MachineLimits> {
  const sum = trace({ inputs: { x: { shape: [ROWS, ROW_LENGTH] } } }, (ops, { inputs }) => ({
    y: ops.sum(inputs['x']!, { axes: [1] }),
  }));
  const product = trace(
    { inputs: { a: { shape: [SIDE, SIDE] }, b: { shape: [SIDE, SIDE] } } },
    (ops, { inputs }) => ({ y: ops.matmul(inputs['a']!, inputs['b']!) }),
  );
  const square = () => float32([SIDE, SIDE], new Float32Array(SIDE * SIDE).fill(0.5));
  const seconds = {
    read: await fastest(backend, sum, {
      x: float32([ROWS, ROW_LENGTH], new Float32Array(ROWS * ROW_LENGTH).fill(0.5)),
    }),
    multiply: await fastest(backend, product, { a: square(), b: square() }),
  };
  return {
    bandwidth: (4 * ROWS * ROW_LENGTH) / seconds.read,
    arithmetic: (2 * SIDE ** 3) / seconds.multiply,
  };
}

/** The better of what ONNX Runtime and, where there is one, a peer measure. */
export async function bestLimits(peer: Peer | undefined): Promise<MachineLimits> {
  const backend = await createOnnxBackend();
  const found = [await measureLimits(backend)];
  backend.dispose();
  if (peer) found.push(await peer.ask<MachineLimits>({ do: 'limits' }));
  return {
    bandwidth: Math.max(...found.map(({ bandwidth }) => bandwidth)),
    arithmetic: Math.max(...found.map(({ arithmetic }) => arithmetic)),
  };
}
