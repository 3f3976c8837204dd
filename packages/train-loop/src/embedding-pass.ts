import { ShapeError } from '@crrg/core';
import {
  float32,
  runToHost,
  sizeOf,
  staticShape,
  type Executable,
  type HostTensor,
  type RunInput,
} from '@crrg/tensor';
import { traceEmbeddings, type EmbeddingShapes } from './embedding-graphs.js';
import type { EmbeddingLossHalves } from './embedding-loss.js';
import type { BatchInputs, BatchSpecs, TrainStepOptions } from './step-contract.js';

/** Embeddings of some rows by name. */
export type Embeddings = Readonly<Record<string, HostTensor>>;

/** All inputs of a graph: those of a micro-batch, and the parameters that it reads. */
export type InputsFor = (executable: Executable, batch: BatchInputs) => Readonly<Record<string, RunInput>>;

/** One graph for each kind of micro-batch that occurs: whole ones, and a shorter last one. */
export class GraphsPerBatch {
  private constructor(
    private readonly compiled: ReadonlyMap<string, Executable>,
    private readonly batches: readonly BatchSpecs[],
  ) {}

  /** Those compiled before a failing one are released. */
  static async compile(
    batches: readonly BatchSpecs[],
    compile: (batch: BatchSpecs, index: number) => Promise<Executable>,
  ): Promise<GraphsPerBatch> {
    const compiled = new Map<string, Executable>();
    const graphs = new GraphsPerBatch(compiled, batches);
    try {
      for (const [index, batch] of batches.entries())
        if (!compiled.has(keyOf(batch))) compiled.set(keyOf(batch), await compile(batch, index));
    } catch (error) {
      graphs.dispose();
      throw error;
    }
    return graphs;
  }

  get all(): readonly Executable[] {
    return [...this.compiled.values()];
  }

  /** That of a micro-batch, by its place in the batch. */
  of(index: number): Executable {
    return this.compiled.get(keyOf(this.batches[index]!))!;
  }

  dispose(): void {
    for (const executable of this.all) executable.dispose();
  }
}

const keyOf = (batch: BatchSpecs): string => JSON.stringify(batch);

/** The first half of an {@link EmbeddingLossHalves | embedding loss}, micro-batch by micro-batch, without gradients. */
export class EmbeddingPass {
  private constructor(
    /** Of each micro-batch. */
    readonly shapes: readonly EmbeddingShapes[],
    readonly graphs: GraphsPerBatch,
  ) {}

  /** @throws {ShapeError} for embeddings without fixed rows */
  static async compile(
    { backend, specs, signal }: Pick<TrainStepOptions, 'backend' | 'specs' | 'signal'>,
    halves: EmbeddingLossHalves,
    batches: readonly BatchSpecs[],
  ): Promise<EmbeddingPass> {
    const graphs = await GraphsPerBatch.compile(batches, (inputs) =>
      backend.compile(traceEmbeddings(halves, { inputs, parameters: specs }), {
        name: 'embed-micro-batch',
        signal,
      }),
    );
    try {
      const shapes = batches.map((_, index) => shapesOf(graphs.of(index)));
      return new EmbeddingPass(shapes, graphs);
    } catch (error) {
      graphs.dispose();
      throw error;
    }
  }

  /** Of all rows. */
  get joinedShapes(): EmbeddingShapes {
    const names = Object.keys(this.shapes[0]!);
    const rows = (name: string) => this.shapes.reduce((sum, shapes) => sum + shapes[name]![0]!, 0);
    return Object.fromEntries(names.map((name) => [name, [rows(name), ...this.shapes[0]![name]!.slice(1)]]));
  }

  /** Embeddings of all rows, in their order. */
  async run(batches: readonly BatchInputs[], inputsFor: InputsFor): Promise<Embeddings> {
    const parts: Embeddings[] = [];
    for (const [index, batch] of batches.entries()) {
      const executable = this.graphs.of(index);
      parts.push(await runToHost(executable, inputsFor(executable, batch)));
    }
    return joinRows(parts, this.joinedShapes);
  }

  /** The rows of one micro-batch, as views of those of all. */
  rowsOf(index: number, all: Embeddings): Embeddings {
    const entries = Object.entries(this.shapes[index]!).map(([name, shape]) => {
      const before = this.shapes.slice(0, index).reduce((sum, shapes) => sum + sizeOf(shapes[name]!), 0);
      const data = all[name]!.data as Float32Array;
      return [name, float32(shape, data.subarray(before, before + sizeOf(shape)))] as const;
    });
    return Object.fromEntries(entries);
  }

  dispose(): void {
    this.graphs.dispose();
  }
}

function shapesOf({ graph }: Executable): EmbeddingShapes {
  const where = 'train.EmbeddingLoss (embeddings)';
  const entries = Object.entries(graph.outputs).map(([name, { shape, dtype }]) => {
    const fixed = staticShape(shape, where);
    if (dtype === 'float32' && fixed.length > 0) return [name, fixed] as const;
    throw new ShapeError(
      `${where}: expected float32 rows as "${name}", got ${dtype} of rank ${fixed.length}; give a row for each row of the batch.`,
    );
  });
  return Object.fromEntries(entries);
}

function joinRows(parts: readonly Embeddings[], shapes: EmbeddingShapes): Embeddings {
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const data = new Float32Array(sizeOf(shape));
    let at = 0;
    for (const part of parts) {
      data.set(part[name]!.data as Float32Array, at);
      at += part[name]!.data.length;
    }
    return [name, float32(shape, data)] as const;
  });
  return Object.fromEntries(entries);
}
