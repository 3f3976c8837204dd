import { HIDDEN_SCORE, traceDecodeStep, tracePrefill, type ReportGenConfig } from '@crrg/report-gen';
import { float32, int32, runToHost, type HostTensor, type StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { summarize } from './logits.js';

/** The stages of generation, fed the first sequence token by token. */
export async function checkCachedStep(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  if (!context.tensors.has('cached_last_step_logits_row0')) return;
  const backend = await context.backend();
  const prefill = await backend.compile(tracePrefill(config), { weights });
  const decodeStep = await backend.compile(traceDecodeStep(config, config.vocabSize), { weights });
  const features = context.tensor('image_features').data.slice(0, config.regionFeatureDim) as Float32Array;
  const isCached = (name: string) => /^(past|recent)/.test(name);
  const cache: Record<string, HostTensor> = {};
  const keep = (outputs: Readonly<Record<string, HostTensor>>) => {
    for (const [name, value] of Object.entries(outputs)) if (isCached(name)) cache[name] = value;
    return outputs;
  };
  let outputs = keep(
    await runToHost(prefill, { regionFeatures: float32([1, config.regionFeatureDim], features) }),
  );
  const length = context.tensor('input_ids').shape[1]!;
  for (let position = 0; position < length; position++) {
    const visibility = new Float32Array(position + 3);
    visibility[1] = HIDDEN_SCORE;
    outputs = keep(
      await runToHost(decodeStep, {
        tokenIds: int32([1, 1], [context.tensor('input_ids').data[position]!]),
        positionId: int32([1, 1], [position]),
        visibility: float32([1, 1, position + 3], visibility),
        ...cache,
      }),
    );
  }
  prefill.dispose();
  decodeStep.dispose();
  const golden = context.tensor('cached_last_step_logits_row0').data as Float32Array;
  const { logSumExp } = summarize(golden, config.vocabSize);
  const logProbs = new Float32Array(config.vocabSize);
  outputs['candidateIds']!.data.forEach((token, rank) => {
    logProbs[token] = outputs['candidateLogProbs']!.data[rank]!;
  });
  context.covers('cached_last_step_logits_row0');
  context.check(
    'cached_last_step_logits_row0 as log-probabilities',
    logProbs,
    golden.map((logit) => logit - logSumExp[0]!),
  );
}
