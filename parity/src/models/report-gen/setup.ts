import { applyKeyMap } from '@crrg/checkpoints';
import {
  parseReportGenConfig,
  reportGenSpecs,
  rgrgReportGenKeyMap,
  type ReportGenConfig,
} from '@crrg/report-gen';
import type { StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { ourName } from '../names.js';

const PREFIX = 'language_model.';

interface LanguageModelSettings {
  readonly dim: number;
  readonly heads: number;
  readonly layers: number;
  readonly mlp: number;
  readonly vocab: number;
  readonly npos: number;
  readonly bos: number;
}

/** Configuration of the sentence generator from the settings of a weight manifest. */
export function reportGenConfigOf(settings: Readonly<Record<string, unknown>>): ReportGenConfig {
  const { dim, heads, layers, mlp, vocab, npos, bos } = settings as unknown as LanguageModelSettings;
  return parseReportGenConfig({
    numLayers: layers,
    numHeads: heads,
    width: dim,
    ffnWidth: mlp,
    vocabSize: vocab,
    numPositions: npos,
    regionFeatureDim: dim,
    bosTokenId: bos,
    eosTokenId: bos,
    padTokenId: bos,
  });
}

/** Configuration and weights of a case, under our names. */
export async function openLanguageModel(
  context: ParityContext,
): Promise<{ readonly config: ReportGenConfig; readonly weights: StateDict }> {
  const name = context.sidecar['config'] as string;
  const config = reportGenConfigOf(await context.settings(name));
  const reference = await context.weights(name, { prefix: PREFIX });
  return { config, weights: applyKeyMap(reference, rgrgReportGenKeyMap(config), reportGenSpecs(config)) };
}

/** Our name of a parameter of the reference's language model. */
export function ourLanguageModelName(reference: string): string {
  return ourName(`${PREFIX}${reference}`, rgrgReportGenKeyMap({ positionTable: 'token' }));
}
