import type { AbortOptions } from '@crrg/core';
import {
  runToHost,
  trace,
  type Backend,
  type InputSpec,
  type ParameterSpecs,
  type RunInput,
} from '@crrg/tensor';
import type { LossFunction } from './step-contract.js';

/** A compiled loss without gradients, for validation. */
export interface LossEvaluation {
  /** Loss and metrics of one batch with the given parameters, such as those of a {@link TrainStep}. */
  run(
    inputs: Readonly<Record<string, RunInput>>,
    parameters: Readonly<Record<string, RunInput>>,
  ): Promise<{ readonly loss: number; readonly metrics: Readonly<Record<string, number>> }>;
  dispose(): void;
}

/** Compiles the forward half of a training step; updates of buffers are left out. */
export async function createLossEvaluation(
  options: {
    readonly backend: Backend;
    readonly specs: ParameterSpecs;
    readonly inputs: Readonly<Record<string, InputSpec>>;
    readonly loss: LossFunction;
  } & AbortOptions,
): Promise<LossEvaluation> {
  const graph = trace({ inputs: options.inputs, parameters: options.specs }, (ops, scope) => {
    const { loss, metrics = {} } = options.loss(ops, scope);
    return {
      loss,
      ...Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [`metric/${name}`, metric])),
    };
  });
  const executable = await options.backend.compile(graph, {
    name: 'loss-evaluation',
    signal: options.signal,
  });
  const parameterNames = graph.inputs.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
  return {
    async run(inputs, parameters) {
      const used = Object.fromEntries(parameterNames.map((name) => [name, parameters[name]!]));
      const outputs = await runToHost(executable, { ...inputs, ...used });
      const metrics: Record<string, number> = {};
      for (const [name, { data }] of Object.entries(outputs)) {
        if (name.startsWith('metric/')) metrics[name.slice('metric/'.length)] = Number(data[0]);
      }
      return { loss: Number(outputs['loss']!.data[0]), metrics };
    },
    dispose: () => executable.dispose(),
  };
}
