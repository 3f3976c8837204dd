import type { BackendTensor, Executable } from '@crrg/tensor';
import {
  EMBEDDING,
  SLOPE,
  traceEmbeddingGradients,
  traceSlopes,
  type EmbeddingPlan,
} from './embedding-graphs.js';
import { EmbeddingPass, GraphsPerBatch, type Embeddings } from './embedding-pass.js';
import { readScalars, readsOf, type GradientPass } from './gradient-pass.js';
import { prefixed, unprefixed } from './prefixes.js';
import type { BatchInputs } from './step-contract.js';
import { GRADIENT, NEXT } from './step-graphs.js';
import { overwrittenBy } from './update-state.js';
import type { ValueTable } from './value-table.js';

/**
 * Gradients of a batch in the memory of its micro-batches. They are embedded one after the other without gradients; the loss of all embeddings gives
 * its slope in each of them; then each micro-batch is embedded again, and its slopes are carried back into the parameters.
 *
 * Source: Gao et al., Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup, 2021, section 3 (gradient cache).
 */
export async function createEmbeddingGradientPass(plan: EmbeddingPlan): Promise<GradientPass> {
  const { backend, batches, signal } = plan;
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(made: T): T => (owned.push(made), made);
  const dispose = () => owned.forEach((each) => each.dispose());
  try {
    const embed = own(await EmbeddingPass.compile(plan, plan.loss, batches));
    const slopes = own(
      await backend.compile(traceSlopes(plan, embed.joinedShapes), { name: 'train-slopes', signal }),
    );
    const gradients = own(
      await GraphsPerBatch.compile(batches, (batch, index) => {
        const embedded = { graph: embed.graphs.of(index).graph, shapes: embed.shapes[index]! };
        const traced = traceEmbeddingGradients(plan, batch, embedded);
        return backend.compile(traced, { name: 'train-micro-batch', signal });
      }),
    );
    const compiled = { embed, slopes, gradients, overwrites: overwrittenGradients(gradients.all) };
    return {
      reads: readsOf([...embed.graphs.all, slopes, ...gradients.all]),
      run: (values, given) => runBatch(compiled, values, given),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

interface Compiled {
  readonly embed: EmbeddingPass;
  readonly slopes: Executable;
  readonly gradients: GraphsPerBatch;
  readonly overwrites: ReadonlyMap<Executable, (output: string) => boolean>;
}

/** Which results of a micro-batch may be written over what they replace: gradients that wait, since its batch is accepted by then. */
function overwrittenGradients(executables: readonly Executable[]): Compiled['overwrites'] {
  const isGradient = (output: string) => output.startsWith(`${NEXT}${GRADIENT}/`);
  return new Map(executables.map((executable) => [executable, overwrittenBy(executable.graph, isGradient)]));
}

async function runBatch(compiled: Compiled, values: ValueTable, batches: readonly BatchInputs[]) {
  const { embed, slopes } = compiled;
  const embeddings = await embed.run(batches, (executable, batch) => values.inputsOf(executable, batch));
  const places = values.placesFor(slopes.graph, () => false);
  const inputs = values.inputsOf(slopes, prefixed(EMBEDDING, embeddings));
  const outputs = await slopes.run(inputs, { into: places });
  const report = await readScalars(outputs);
  const found = await slopesOf(outputs);
  return {
    ...report,
    accept: async () => {
      values.take(outputs, places);
      await addGradients(compiled, values, batches, found);
    },
    refuse: () => values.refuse(outputs, places),
  };
}

async function slopesOf(outputs: Readonly<Record<string, BackendTensor>>): Promise<Embeddings> {
  const found: [string, Embeddings[string]][] = [];
  for (const [name, tensor] of Object.entries(unprefixed(SLOPE, outputs)))
    found.push([name, await tensor.read()]);
  return Object.fromEntries(found);
}

async function addGradients(
  { embed, gradients, overwrites }: Compiled,
  values: ValueTable,
  batches: readonly BatchInputs[],
  slopes: Embeddings,
): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    const executable = gradients.of(index);
    const places = values.placesFor(executable.graph, overwrites.get(executable)!);
    const given = { ...batch, ...prefixed(SLOPE, embed.rowsOf(index, slopes)) };
    values.take(await executable.run(values.inputsOf(executable, given), { into: places }), places);
  }
}
