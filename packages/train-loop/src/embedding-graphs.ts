import { gradients as gradientsOf, trace, type Graph, type ParameterSpecs } from '@crrg/tensor';
import type { EmbeddingLoss, EmbeddingLossHalves } from './embedding-loss.js';
import { prefixed, unprefixed } from './prefixes.js';
import type { BatchSpecs } from './step-contract.js';
import { addToWaiting, bufferUpdates, gradientInputs, reportOf, type StepPlan } from './step-graphs.js';

/** Shapes of embeddings by name. */
export type EmbeddingShapes = Readonly<Record<string, readonly number[]>>;

/** Prefix of embeddings among the inputs. */
export const EMBEDDING = 'embedding';
/** Prefix of the loss's slope in each embedding, among outputs and inputs. */
export const SLOPE = 'slope';

/** A plan whose loss is in halves. */
export interface EmbeddingPlan extends StepPlan {
  readonly loss: EmbeddingLoss;
}

const asInputs = (prefix: string, shapes: EmbeddingShapes): BatchSpecs =>
  Object.fromEntries(Object.entries(prefixed(prefix, shapes)).map(([name, shape]) => [name, { shape }]));

/** The embeddings of a micro-batch, and nothing else. */
export function traceEmbeddings(
  { embed }: EmbeddingLossHalves,
  signature: { readonly inputs: BatchSpecs; readonly parameters: ParameterSpecs },
): Graph {
  return trace(signature, (ops, traced) => ({ ...embed(ops, traced).embeddings }));
}

/** Loss and metrics from the embeddings of all rows. */
export function traceComparison(
  { compare }: EmbeddingLossHalves,
  { specs, shapes }: { readonly specs: ParameterSpecs; readonly shapes: EmbeddingShapes },
): Graph {
  return trace({ inputs: asInputs(EMBEDDING, shapes), parameters: specs }, (ops, { inputs, parameters }) =>
    reportOf(compare(ops, { embeddings: unprefixed(EMBEDDING, inputs), parameters })),
  );
}

/** The same with the slope in each embedding, and in the parameters that the comparison itself reads. */
export function traceSlopes(plan: EmbeddingPlan, shapes: EmbeddingShapes): Graph {
  const { loss, specs } = plan;
  const trainable = trainableIn(plan, traceComparison(loss, { specs, shapes }));
  const names = [...trainable.keys()];
  const inputs = { ...asInputs(EMBEDDING, shapes), ...gradientInputs({ specs, trainable }) };
  return trace({ inputs, parameters: specs }, (ops, traced) => {
    const embeddings = unprefixed(EMBEDDING, traced.inputs);
    const result = loss.compare(ops, { embeddings, parameters: traced.parameters });
    const own = names.map((name) => traced.parameters.get(name));
    const report = reportOf(result);
    const found = gradientsOf(ops, result.loss, [...Object.values(embeddings), ...own]);
    const slopes = Object.keys(embeddings).map((name, index) => [name, found[index]!] as const);
    const first = slopes.length;
    const gradients = new Map(names.map((name, index) => [name, found[first + index]!]));
    return {
      ...report,
      ...prefixed(SLOPE, Object.fromEntries(slopes)),
      ...addToWaiting(ops, traced, gradients),
    };
  });
}

/**
 * What a micro-batch adds to the gradients that wait, by the slope in each of its embeddings: the gradient of the sum of all embeddings times their
 * slopes. New values of buffers too.
 * @param embedded the graph of {@link traceEmbeddings} for such a micro-batch, and the shapes of its outputs
 */
export function traceEmbeddingGradients(
  plan: EmbeddingPlan,
  batch: BatchSpecs,
  { graph, shapes }: { readonly graph: Graph; readonly shapes: EmbeddingShapes },
): Graph {
  const { loss, specs } = plan;
  const trainable = trainableIn(plan, graph);
  const names = [...trainable.keys()];
  const inputs = { ...batch, ...asInputs(SLOPE, shapes), ...gradientInputs({ specs, trainable }) };
  return trace({ inputs, parameters: specs }, (ops, traced) => {
    const { embeddings, updates } = loss.embed(ops, traced);
    const slopes = unprefixed(SLOPE, traced.inputs);
    const parts = Object.entries(embeddings).map(([name, x]) => ops.sum(ops.mul(x, slopes[name]!)));
    const total = parts.reduce((sum, part) => ops.add(sum, part));
    const found = gradientsOf(
      ops,
      total,
      names.map((name) => traced.parameters.get(name)),
    );
    const gradients = new Map(names.map((name, index) => [name, found[index]!]));
    return { ...bufferUpdates(ops, plan, updates), ...addToWaiting(ops, traced, gradients) };
  });
}

/** The parameters that move and that a graph reads. */
function trainableIn({ trainable }: StepPlan, { inputs }: Graph): StepPlan['trainable'] {
  const read = new Set(inputs.flatMap(({ name, kind }) => (kind === 'parameter' ? [name] : [])));
  return new Map([...trainable].filter(([name]) => read.has(name)));
}
