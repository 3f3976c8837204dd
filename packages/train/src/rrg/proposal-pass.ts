import {
  assignTargets,
  backboneAndRpn,
  detectorSpecs,
  type ImageTargets,
  type Sampler,
} from '@crrg/detector';
import {
  prefixSpecs,
  runToHost,
  trace,
  type Backend,
  type BufferUpdates,
  type Graph,
  type NormalizationMode,
  type RunInput,
} from '@crrg/tensor';
import type { RrgConfig } from '@crrg/pipeline';
import { packImages, type RrgSample } from './rrg-batch.js';

/** The proposals' part of the forward pass: the host assigns targets from it. */
export interface ProposalPass {
  /**
   * Targets of a batch of the pass's size.
   * @param parameters the values that the loss will be computed with, by the names of `rrgSpecs`
   */
  targets(
    samples: readonly RrgSample[],
    parameters: Readonly<Record<string, RunInput>>,
    sampler: Sampler,
  ): Promise<ImageTargets[]>;
  dispose(): void;
}

/** How to make a {@link ProposalPass}. */
export interface ProposalPassOptions {
  /** Borrowed: not disposed with the pass. */
  readonly backend: Backend;
  readonly config: RrgConfig;
  /** Images per batch. */
  readonly batch: number;
  /** Batch statistics in the trunk and the training limits of proposals; else running statistics and the limits of evaluation. */
  readonly training: boolean;
}

function traceProposals({ detector }: RrgConfig, batch: number, training: boolean): Graph {
  return trace(
    {
      inputs: { image: { shape: [batch, 1, detector.imageSize, detector.imageSize] } },
      parameters: prefixSpecs('detector', detectorSpecs(detector)),
    },
    (ops, { inputs, parameters }) => {
      const updates: BufferUpdates = new Map();
      const mode: NormalizationMode = training ? { training, updates } : { training: false };
      const network = parameters.scope('detector');
      const { objectness, boxDeltas } = backboneAndRpn(ops, network, inputs['image']!, detector, { mode });
      return { objectness, boxDeltas };
    },
  );
}

/**
 * Compiles the first half of a training or validation step: trunk and region proposal network, whose proposals the host turns into
 * targets for `packRrgBatch`. Source: docs/reference/detector.md#region-proposal-network and docs/reference/detector.md#roi-head.
 */
export async function createProposalPass(options: ProposalPassOptions): Promise<ProposalPass> {
  const { backend, config, batch, training } = options;
  const { detector } = config;
  const inputSize = { height: detector.imageSize, width: detector.imageSize };
  const graph = traceProposals(config, batch, training);
  const names = graph.inputs.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
  const executable = await backend.compile(graph, { name: 'proposals' });
  return {
    async targets(samples, parameters, sampler) {
      const used = Object.fromEntries(names.map((name) => [name, parameters[name]!]));
      const { objectness, boxDeltas } = await runToHost(executable, {
        image: packImages(samples, detector.imageSize),
        ...used,
      });
      return assignTargets(
        { objectness: objectness!.data as Float32Array, boxDeltas: boxDeltas!.data as Float32Array },
        samples.map(({ groundTruth }) => groundTruth),
        { config: detector, inputSize, mode: training ? 'training' : 'evaluation', sampler },
      );
    },
    dispose: () => executable.dispose(),
  };
}
