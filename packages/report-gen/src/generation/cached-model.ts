import { float32, int32, type Backend, type BackendTensor, type Executable } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import type { StepInput, StepModel } from '../search/decode.js';
import { readCandidates } from '../search/read-candidates.js';
import type { Candidates } from '../search/search.js';
import { blockNames, TOKENS_PER_RUN } from './graphs.js';
import { RecentArrays } from './recent-arrays.js';
import { stepsOfRun, wasFed, type RunStep } from './run-steps.js';
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

/** Tokens of a long run that may be of use for it to pay, whatever is beyond the length limit: by the times at {@link TOKENS_PER_RUN}, as many single runs take longer. */
const LEAST_WANTED = TOKENS_PER_RUN / 2;

/** The graphs of generation, compiled. */
export interface GenerationGraphs {
  readonly prefill: Executable;
  readonly decodeStep: Executable;
  /** {@link TOKENS_PER_RUN} steps of greedy search; only where the backend prefers long runs. */
  readonly greedySteps: Executable | undefined;
  readonly compaction: Executable;
  readonly merge: Executable;
}

/** A {@link StepModel} that owns a cache on the backend's device. */
export interface CachedModel extends StepModel {
  dispose(): void;
}

/** Settings of {@link startCachedModel}. */
export interface CachedModelOptions {
  /** That the graphs are of. */
  readonly backend: Pick<Backend, 'reusesMemory'>;
  /**
   * How many tokens a text is fed at most, where the search follows the likeliest one: up to there the model may run ahead, and what it is fed
   * otherwise costs a new run. @defaultValue 0: it does not run ahead
   */
  readonly greedyTokens?: number | undefined;
}

/**
 * Starts generation for regions: computes the image's keys and values once.
 * @param regionFeatures `[S, F]`, S at least 1
 */
export async function startCachedModel(
  graphs: GenerationGraphs,
  config: ReportGenConfig,
  regionFeatures: Float32Array,
  { backend: { reusesMemory = false }, greedyTokens = 0 }: CachedModelOptions,
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
  /** Steps that were run and not asked for yet. Their columns are in the cache, and nothing sees them so far. */
  let ahead: RunStep[] = [];

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

  const makeRoom = async (columns: number, idle: number) => {
    const live = countLive(visible);
    if (isWorthDropping(idleSteps + idle, visible.length) || isWorthCompacting(live, length)) await compact();
    else if (isWorthMerging(recentLength, { length, beams: columns }))
      await (live === length ? merge() : compact());
  };

  const run = async (sequences: readonly StepInput[]): Promise<RunStep[]> => {
    const beams = sequences[0]!.tokenIds.length;
    const isLong =
      beams === 1 &&
      greedyTokens - position >= LEAST_WANTED &&
      config.numPositions - position >= TOKENS_PER_RUN;
    const executable = (isLong && graphs.greedySteps) || graphs.decodeStep;
    const numSteps = executable === graphs.decodeStep ? 1 : TOKENS_PER_RUN;
    const columns = numSteps * beams;
    await makeRoom(columns, numSteps * (visible.length - rows.length));
    const inputs = inRows(sequences, rows, visible.length);
    const column = length;
    let seen = visible;
    for (let step = 0; step < numSteps; step++) seen = followBeams(seen, inputs, column + step);
    const outputs = await executable.run(
      {
        tokenIds: int32(
          [inputs.length, beams],
          inputs.flatMap(({ tokenIds }) => tokenIds),
        ),
        positionId: int32([1, 1], [position]),
        visibility: toVisibilityTensor(seen, length + columns),
        ...cache,
      },
      recentPlaces(inputs.length, recentLength + columns),
    );
    replace(recentNames, outputs);
    length += columns;
    recentLength += columns;
    const candidates = await readCandidates(outputs, {
      sequences: inputs.length,
      beams: columns,
      where: 'report-gen.generate',
      model: 'sentence generator',
    });
    return stepsOfRun(inputs, candidates, { column, numSteps });
  };

  const step = async (sequences: readonly StepInput[]): Promise<Candidates[]> => {
    rows = sequences.map(({ previousSequence }) => rows[previousSequence]!);
    if (!wasFed(ahead[0], sequences, rows)) ahead = await run(sequences);
    const { column, candidates } = ahead.shift()!;
    visible = followBeams(visible, inRows(sequences, rows, visible.length), column);
    idleSteps += visible.length - rows.length;
    position += 1;
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
