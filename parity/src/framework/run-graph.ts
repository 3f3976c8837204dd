import {
  float32,
  runToHost,
  type Graph,
  type HostTensor,
  type InputSpec,
  type StateDict,
} from '@crrg/tensor';
import type { ParityContext } from './context.js';

/** Compiles, runs once and releases. */
export async function runGraph(
  context: ParityContext,
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor>>,
  weights?: StateDict,
): Promise<Record<string, HostTensor>> {
  const executable = await (await context.backend()).compile(graph, { weights });
  try {
    return await runToHost(executable, inputs);
  } finally {
    executable.dispose();
  }
}

/** Whole numbers or flags as float32. */
export function toFloat({ shape, data }: HostTensor): HostTensor {
  return float32(shape, Float32Array.from(data));
}

/** Fixed shapes of given inputs. */
export function inputSpecsOf(inputs: Readonly<Record<string, HostTensor>>): Record<string, InputSpec> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}
