import type { ParityContext, ParitySuite } from '../../framework/context.js';
import { openRrgCase, samplesOf } from './case.js';
import { checkGeneration } from './generation.js';
import { checkEvaluationLosses } from './losses.js';
import { checkReferenceDetections } from './regions.js';
import { checkTraining, type GoldenTraining } from './training.js';

async function checkForward(context: ParityContext): Promise<void> {
  const setup = await openRrgCase(context);
  const samples = samplesOf(setup);
  await checkEvaluationLosses(setup, samples);
  await checkReferenceDetections(setup, samples);
  const training = context.sidecar['train'] as GoldenTraining | undefined;
  if (training) await checkTraining(setup, samples, training);
}

/** The whole report model: losses, training, and pixels to token ids. */
export const endToEndSuite: ParitySuite = {
  name: 'e2e',
  matches: (caseName) => /^e2e\/.*\.(forward|generate)$/.test(caseName),
  run: (context) => (context.name.endsWith('.forward') ? checkForward(context) : checkGeneration(context)),
};
