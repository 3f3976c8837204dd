import { requireFinite } from '@crrg/core';
import { float32, int32, type BackendTensor, type Executable } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import type { StepInput, StepModel } from '../search/decode.js';
import type { Candidates } from '../search/search.js';
import { blockNames } from './graphs.js';
import {
  followBeams,
  isWorthCompacting,
  isWorthMerging,
  planCompaction,
  toVisibilityTensor,
  type VisibleColumns,
} from './visibility.js';

/** The graphs of generation, compiled. */
export interface GenerationGraphs {
  readonly prefill: Executable;
  readonly decodeStep: Executable;
  readonly compaction: Executable;
}

/** A {@link StepModel} that owns a cache on the backend's device. */
export interface CachedModel extends StepModel {
  dispose(): void;
}

/**
 * Starts generation for regions: computes the image's keys and values once.
 * @param regionFeatures `[S, F]`, S at least 1
 */
export async function startCachedModel(
  graphs: GenerationGraphs,
  config: ReportGenConfig,
  regionFeatures: Float32Array,
): Promise<CachedModel> {
  const count = regionFeatures.length / config.regionFeatureDim;
  const recentNames = blockNames(config, 'recent');
  const cacheNames = [...blockNames(config, 'past'), ...recentNames];
  let cache: Record<string, BackendTensor> = {};
  let visible: VisibleColumns = Array.from({ length: count }, () => [[0]]);
  let length = 2;
  let recentLength = 1;
  let position = 0;

  const release = () => {
    for (const tensor of Object.values(cache)) tensor.dispose();
    cache = {};
  };

  const replace = (names: readonly string[], outputs: Readonly<Record<string, BackendTensor>>) => {
    for (const name of names) {
      cache[name]?.dispose();
      cache[name] = outputs[name]!;
    }
  };

  const compact = async (kept: readonly number[]) => {
    const plan = planCompaction(visible, kept, { length, numHeads: config.numHeads });
    replace(cacheNames, await graphs.compaction.run({ rows: plan.rows, ...cache }));
    ({ visible, length } = plan);
    recentLength = 1;
  };

  const step = async (sequences: readonly StepInput[]): Promise<Candidates[]> => {
    let inputs = sequences;
    const beams = sequences[0]!.tokenIds.length;
    if (
      sequences.length < visible.length ||
      isWorthCompacting(visible, length) ||
      isWorthMerging(recentLength, { length, beams })
    ) {
      await compact(sequences.map(({ previousSequence }) => previousSequence));
      inputs = sequences.map((sequence, index) => ({ ...sequence, previousSequence: index }));
    }
    visible = followBeams(visible, inputs, length);
    const outputs = await graphs.decodeStep.run({
      tokenIds: int32(
        [inputs.length, beams],
        inputs.flatMap(({ tokenIds }) => tokenIds),
      ),
      positionId: int32([1, 1], [position]),
      visibility: toVisibilityTensor(visible, length + beams),
      ...cache,
    });
    replace(recentNames, outputs);
    length += beams;
    recentLength += beams;
    position += 1;
    return readCandidates(outputs, inputs.length, beams);
  };

  replace(
    cacheNames,
    await graphs.prefill.run({ regionFeatures: float32([count, config.regionFeatureDim], regionFeatures) }),
  );
  return { step, dispose: release };
}

async function readCandidates(
  outputs: Readonly<Record<string, BackendTensor>>,
  sequences: number,
  beams: number,
): Promise<Candidates[]> {
  const [idsTensor, logProbsTensor] = [outputs['candidateIds']!, outputs['candidateLogProbs']!];
  const ids = (await idsTensor.read()).data;
  const logProbs = (await logProbsTensor.read()).data;
  idsTensor.dispose();
  logProbsTensor.dispose();
  requireFinite('report-gen.generate', 'word probabilities of the sentence generator', logProbs);
  const width = ids.length / (sequences * beams);
  return Array.from({ length: sequences }, (_, sequence) => ({
    beams: Array.from({ length: beams }, (_, beam) => {
      const start = (sequence * beams + beam) * width;
      return {
        tokenIds: ids.subarray(start, start + width),
        logProbs: logProbs.subarray(start, start + width),
      };
    }),
  }));
}
