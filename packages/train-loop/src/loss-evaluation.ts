import type { AbortOptions } from '@crrg/core';
import {
  runToHost,
  trace,
  type Backend,
  type Executable,
  type HostTensor,
  type ParameterSpecs,
  type RunInput,
} from '@crrg/tensor';
import { EMBEDDING, traceComparison } from './embedding-graphs.js';
import { requireEmbeddingLoss } from './embedding-loss.js';
import { EmbeddingPass } from './embedding-pass.js';
import { toReport } from './gradient-pass.js';
import { asBatches, requireBatches } from './micro-batches.js';
import { prefixed, unprefixed } from './prefixes.js';
import type { BatchInputs, BatchSpecs, LossFunction } from './step-contract.js';
import { METRIC, reportOf } from './step-graphs.js';

/** A compiled loss without gradients, for validation. */
export interface LossEvaluation {
  /** Loss and metrics of one batch, or of its micro-batches, with the given parameters, such as those of a {@link TrainStep}. */
  run(
    inputs: BatchInputs | readonly BatchInputs[],
    parameters: Readonly<Record<string, RunInput>>,
  ): Promise<{ readonly loss: number; readonly metrics: Readonly<Record<string, number>> }>;
  dispose(): void;
}

/** How to make a {@link LossEvaluation}. */
export interface LossEvaluationOptions extends AbortOptions {
  readonly backend: Backend;
  readonly specs: ParameterSpecs;
  /** The tensors of a batch, or of each of its micro-batches in their order, which need an {@link EmbeddingLoss}. */
  readonly inputs: BatchSpecs | readonly BatchSpecs[];
  readonly loss: LossFunction;
}

const WHERE = 'train.createLossEvaluation';

/**
 * Compiles the forward half of a training step; updates of buffers are left out.
 * @throws {ConfigError} for several micro-batches of a loss whose halves are not known
 */
export async function createLossEvaluation(options: LossEvaluationOptions): Promise<LossEvaluation> {
  const batches = asBatches(options.inputs, WHERE);
  const { run, dispose } = await (batches.length > 1
    ? cutEvaluation(options, batches)
    : uncutEvaluation(options, batches[0]!));
  return {
    run: async (inputs, parameters) =>
      reportFrom(await run(requireBatches(asBatches(inputs, WHERE), batches.length), parameters)),
    dispose,
  };
}

interface Evaluation {
  run(
    batches: readonly BatchInputs[],
    parameters: Readonly<Record<string, RunInput>>,
  ): Promise<Readonly<Record<string, HostTensor>>>;
  dispose(): void;
}

async function uncutEvaluation(options: LossEvaluationOptions, inputs: BatchSpecs): Promise<Evaluation> {
  const { backend, specs, loss, signal } = options;
  const graph = trace({ inputs, parameters: specs }, (ops, scope) => reportOf(loss(ops, scope)));
  const executable = await backend.compile(graph, { name: 'loss-evaluation', signal });
  return {
    run: ([batch], parameters) => runToHost(executable, { ...batch, ...usedBy(executable, parameters) }),
    dispose: () => executable.dispose(),
  };
}

async function cutEvaluation(
  options: LossEvaluationOptions,
  batches: readonly BatchSpecs[],
): Promise<Evaluation> {
  const { backend, specs, signal } = options;
  const loss = requireEmbeddingLoss(WHERE, options.loss, batches.length);
  const embed = await EmbeddingPass.compile(options, loss, batches);
  const graph = traceComparison(loss, { specs, shapes: embed.joinedShapes });
  const compare = await backend
    .compile(graph, { name: 'loss-evaluation', signal })
    .catch((error: unknown) => (embed.dispose(), Promise.reject(error as Error)));
  return {
    async run(given, parameters) {
      const embeddings = await embed.run(given, (executable, batch) => ({
        ...batch,
        ...usedBy(executable, parameters),
      }));
      return runToHost(compare, { ...prefixed(EMBEDDING, embeddings), ...usedBy(compare, parameters) });
    },
    dispose() {
      embed.dispose();
      compare.dispose();
    },
  };
}

function usedBy(
  { graph }: Executable,
  parameters: Readonly<Record<string, RunInput>>,
): Record<string, RunInput> {
  const used = graph.inputs.filter(({ kind }) => kind === 'parameter');
  return Object.fromEntries(used.map(({ name }) => [name, parameters[name]!]));
}

const reportFrom = (outputs: Readonly<Record<string, HostTensor>>) =>
  toReport(outputs['loss']!, unprefixed(METRIC, outputs));
