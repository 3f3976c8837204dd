import { float32, int32, type BackendTensor, type Executable } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import type { StepInput, StepModel } from '../search/decode.js';
import { readCandidates } from '../search/read-candidates.js';
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
    return readCandidates(outputs, {
      sequences: inputs.length,
      beams,
      where: 'report-gen.generate',
      model: 'sentence generator',
    });
  };

  replace(
    cacheNames,
    await graphs.prefill.run({ regionFeatures: float32([count, config.regionFeatureDim], regionFeatures) }),
  );
  return { step, dispose: release };
}
