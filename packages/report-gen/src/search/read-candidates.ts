import { requireFinite } from '@crrg/core';
import type { BackendTensor } from '@crrg/tensor';
import type { BeamCandidates, Candidates } from './search.js';

/**
 * The likeliest next words of a step, read from the outputs `candidateIds` int32 and `candidateLogProbs` of a graph, both with
 * `sequences * beams` rows; the two are disposed.
 * @param options.model what gave them, for the message
 * @throws {BackendError} where a probability is not finite
 */
export async function readCandidates(
  outputs: Readonly<Record<string, BackendTensor>>,
  {
    sequences,
    beams,
    where,
    model,
  }: {
    readonly sequences: number;
    readonly beams: number;
    readonly where: string;
    readonly model: string;
  },
): Promise<Candidates[]> {
  const [idsTensor, logProbsTensor] = [outputs['candidateIds']!, outputs['candidateLogProbs']!];
  const ids = (await idsTensor.read()).data;
  const logProbs = (await logProbsTensor.read()).data;
  idsTensor.dispose();
  logProbsTensor.dispose();
  requireFinite(where, `word probabilities of the ${model}`, logProbs);
  const width = ids.length / (sequences * beams);
  const beamAt = (row: number): BeamCandidates => ({
    tokenIds: ids.subarray(row * width, (row + 1) * width),
    logProbs: logProbs.subarray(row * width, (row + 1) * width),
  });
  return Array.from({ length: sequences }, (_, sequence) => ({
    beams: Array.from({ length: beams }, (_, beam) => beamAt(sequence * beams + beam)),
  }));
}
