import type { BackendTensor, Executable, HostTensor } from '@crrg/tensor';
import { unprefixed } from './prefixes.js';
import type { BatchInputs } from './step-contract.js';
import { METRIC } from './step-graphs.js';
import type { ValueTable } from './value-table.js';
import { keyOf } from './value-table.js';

/** What a batch gave before it has an effect. One of the two is called. */
export interface PassResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Puts gradients and buffers into the state. */
  accept(): Promise<void> | void;
  /** Leaves the state as it was. */
  refuse(): void;
}

/** How the gradients of one batch come to those that wait; in a whole step, how the parameters move. */
export interface GradientPass {
  /** Names of the state's values that each batch reads. */
  readonly reads: ReadonlySet<string>;
  /** @param scalars the optimizer's numbers, where the pass moves parameters */
  run(
    values: ValueTable,
    batches: readonly BatchInputs[],
    scalars: Readonly<Record<string, HostTensor>>,
  ): Promise<PassResult>;
  dispose(): void;
}

/** Forward pass and gradients of the whole batch in one graph. */
export function createGradientPass(executable: Executable): GradientPass {
  return {
    reads: readsOf([executable]),
    async run(values, [batch], scalars) {
      const places = values.placesFor(executable.graph, () => false);
      const inputs = values.inputsOf(executable, { ...batch, ...scalars });
      const outputs = await executable.run(inputs, { into: places });
      return {
        ...(await readScalars(outputs)),
        accept: () => values.take(outputs, places),
        refuse: () => values.refuse(outputs, places),
      };
    },
    dispose: () => executable.dispose(),
  };
}

/** Names of the state's values that graphs read. */
export function readsOf(executables: readonly Executable[]): Set<string> {
  return new Set(executables.flatMap(({ graph }) => graph.inputs.map(keyOf)));
}

/** Loss and metrics of a run. */
export async function readScalars(outputs: Readonly<Record<string, BackendTensor>>) {
  const metrics: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(unprefixed(METRIC, outputs)))
    metrics[name] = await tensor.read();
  return toReport(await outputs['loss']!.read(), metrics);
}

/** They as numbers. */
export function toReport(loss: HostTensor, metrics: Readonly<Record<string, HostTensor>>) {
  const numberOf = ({ data }: HostTensor) => Number(data[0]);
  const entries = Object.entries(metrics).map(([name, metric]) => [name, numberOf(metric)] as const);
  return { loss: numberOf(loss), metrics: Object.fromEntries(entries) };
}
