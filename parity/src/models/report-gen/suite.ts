import type { ParitySuite } from '../../framework/context.js';
import { checkCachedStep } from './cached-step.js';
import { checkForward, checkLeftPadding } from './forward.js';
import { checkGeneration } from './generation.js';
import { openLanguageModel } from './setup.js';

/** The sentence generator: logits, caches, left padding, loss, gradients, and texts by greedy and beam search. */
export const languageModelSuite: ParitySuite = {
  name: 'lm',
  matches: (caseName) => caseName.startsWith('lm/'),
  run: async (context) => {
    const { config, weights } = await openLanguageModel(context);
    if ('generation' in context.sidecar) return checkGeneration(context, config, weights);
    await checkForward(context, config, weights);
    await checkLeftPadding(context, config, weights);
    await checkCachedStep(context, config, weights);
  },
};
