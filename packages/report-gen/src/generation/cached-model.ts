import { float32, int32, type Backend, type BackendTensor, type Executable } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import type { StepInput, StepModel } from '../search/decode.js';
import { readCandidates } from '../search/read-candidates.js';
import type { Candidates } from '../search/search.js';
import { blockNames } from './graphs.js';
import { RecentArrays } from './recent-arrays.js';
import {
  countLive,
  followBeams,
  isWorthCompacting,
  isWorthDropping,
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
  readonly merge: Executable;
}

/** A {@link StepModel} that owns a cache on the backend's device. */
export interface CachedModel extends StepModel {
  dispose(): void;
}

/**
 * Starts generation for regions: computes the image's keys and values once.
 * @param regionFeatures `[S, F]`, S at least 1
 * @param backend that the graphs are of
 */
export async function startCachedModel(
  graphs: GenerationGraphs,
  config: ReportGenConfig,
  regionFeatures: Float32Array,
  { reusesMemory = false }: Pick<Backend, 'reusesMemory'>,
): Promise<CachedModel> {
  const arrays = reusesMemory ? new RecentArrays() : undefined;
  const count = regionFeatures.length / config.regionFeatureDim;
  const recentNames = blockNames(config, 'recent');
  const cacheNames = [...blockNames(config, 'past'), ...recentNames];
  let cache: Record<string, BackendTensor> = {};
  let visible: VisibleColumns = Array.from({ length: count }, () => [[0]]);
  let length = 2;
  let recentLength = 1;
  let position = 0;
  /** The row of the cache in which each sequence of the step before lies; rows of finished sequences are idle until they are dropped. */
  let rows: readonly number[] = [...visible.keys()];
  let idleSteps = 0;

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

  /** Where a run writes the recent block, with so many columns for so many sequences. */
  const recentPlaces = (sequences: number, columns: number) => ({
    into: arrays?.places(recentNames, [sequences, config.numHeads, columns, config.width / config.numHeads]),
  });

  const compact = async () => {
    const plan = planCompaction(visible, rows, { length, numHeads: config.numHeads });
    const places = recentPlaces(plan.visible.length, 1);
    replace(cacheNames, await graphs.compaction.run({ rows: plan.rows, ...cache }, places));
    ({ visible, length } = plan);
    recentLength = 1;
    rows = [...visible.keys()];
    idleSteps = 0;
  };

  const merge = async () => {
    replace(cacheNames, await graphs.merge.run(cache, recentPlaces(visible.length, 1)));
    recentLength = 1;
  };

  const step = async (sequences: readonly StepInput[]): Promise<Candidates[]> => {
    const beams = sequences[0]!.tokenIds.length;
    rows = sequences.map(({ previousSequence }) => rows[previousSequence]!);
    const live = countLive(visible);
    if (
      isWorthDropping(idleSteps + visible.length - rows.length, visible.length) ||
      isWorthCompacting(live, length)
    )
      await compact();
    else if (isWorthMerging(recentLength, { length, beams })) await (live === length ? merge() : compact());
    idleSteps += visible.length - rows.length;
    const inputs = inRows(sequences, rows, visible.length);
    visible = followBeams(visible, inputs, length);
    const outputs = await graphs.decodeStep.run(
      {
        tokenIds: int32(
          [inputs.length, beams],
          inputs.flatMap(({ tokenIds }) => tokenIds),
        ),
        positionId: int32([1, 1], [position]),
        visibility: toVisibilityTensor(visible, length + beams),
        ...cache,
      },
      recentPlaces(inputs.length, recentLength + beams),
    );
    replace(recentNames, outputs);
    length += beams;
    recentLength += beams;
    position += 1;
    const candidates = await readCandidates(outputs, {
      sequences: inputs.length,
      beams,
      where: 'report-gen.generate',
      model: 'sentence generator',
    });
    return rows.map((row) => candidates[row]!);
  };

  replace(
    cacheNames,
    await graphs.prefill.run({ regionFeatures: float32([count, config.regionFeatureDim], regionFeatures) }),
  );
  return { step, dispose: release };
}

/** The inputs of a step by row of the cache; an idle row is fed what the first sequence is, and nobody reads what comes of it. */
function inRows(sequences: readonly StepInput[], rows: readonly number[], count: number): StepInput[] {
  const { tokenIds } = sequences[0]!;
  const idle = { tokenIds, parents: tokenIds.map(() => 0) };
  const inputs: StepInput[] = Array.from({ length: count }, (_, row) => ({ ...idle, previousSequence: row }));
  sequences.forEach((sequence, index) => {
    const row = rows[index]!;
    inputs[row] = { ...sequence, previousSequence: row };
  });
  return inputs;
}
