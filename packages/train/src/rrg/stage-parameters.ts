import { rrgSpecs, type RrgConfig, type RrgPart } from '@crrg/pipeline';
import type { HostTensor, ParameterSpecs, StateDict } from '@crrg/tensor';
import { matchesName, type NamePattern } from '@crrg/train-loop';
import type { RrgStage } from './rrg-losses.js';

/** The networks that a stage runs. */
export const STAGE_NETWORKS: Readonly<Record<RrgStage, readonly RrgPart[]>> = {
  detector: ['detector'],
  classifiers: ['detector', 'regionSelector'],
  full: ['detector', 'regionSelector', 'reportGen'],
};

const NETWORKS = STAGE_NETWORKS.full;

const isOf = (networks: readonly RrgPart[]) => (name: string) =>
  networks.some((network) => name.startsWith(`${network}.`));

/** Every parameter of some networks of the report model. */
export function networkSpecs(config: RrgConfig, networks: readonly RrgPart[]): ParameterSpecs {
  const isNamed = isOf(networks);
  return Object.fromEntries(
    Object.entries(rrgSpecs(config, { trainBase: true })).filter(([name]) => isNamed(name)),
  );
}

/** The networks that a stage runs, and the others that weights are given for. */
export function networksIn(stage: RrgStage, weights: StateDict): RrgPart[] {
  const needed = STAGE_NETWORKS[stage];
  const names = [...weights.keys()];
  return NETWORKS.filter((network) => needed.includes(network) || names.some(isOf([network])));
}

/** Parameters that a stage leaves alone: those of later stages, and GPT-2 itself unless it is to learn. */
export function frozenIn(
  stage: RrgStage,
  { networks, trainLanguageModel }: { networks: readonly RrgPart[]; trainLanguageModel: boolean },
): NamePattern[] {
  const later = networks.filter((network) => !STAGE_NETWORKS[stage].includes(network));
  if (stage === 'detector') return ['detector.regionProjection.', ...later.map((network) => `${network}.`)];
  if (stage === 'classifiers' || trainLanguageModel) return later.map((network) => `${network}.`);
  return [/^reportGen\.(?!featureMlp\.|.*\.attention\.image(?:Key|Value)\.)/];
}

/** The weights that a stage does not change, of those it is given. */
export function constantWeights(
  config: RrgConfig,
  stage: RrgStage,
  options: { readonly weights: StateDict; readonly trainLanguageModel: boolean },
): Map<string, HostTensor> {
  const networks = networksIn(stage, options.weights);
  const specs = networkSpecs(config, networks);
  const frozen = frozenIn(stage, { networks, trainLanguageModel: options.trainLanguageModel });
  return new Map(
    [...options.weights].filter(([name]) => specs[name]?.trainable && matchesName(name, frozen)),
  );
}
