import { applyKeyMaps, renameKey } from '@crrg/checkpoints';
import { RGRG_DETECTOR_KEY_MAP, detectorSpecs } from '@crrg/detector';
import { parseRrgConfig, type RrgConfig } from '@crrg/pipeline';
import { RGRG_REGION_SELECTOR_KEY_MAP, regionSelectorSpecs } from '@crrg/region-selector';
import { reportGenSpecs, rgrgReportGenKeyMap } from '@crrg/report-gen';
import type { HostTensor, KeyMap, StateDict } from '@crrg/tensor';
import type { WeightSource } from '../../golden/weights.js';
import { detectorConfigOf, type ModelSizes } from '../detector/setup.js';
import { reportGenConfigOf } from '../report-gen/setup.js';

interface ClassifierSettings {
  readonly dim: number;
  readonly h1: number;
  readonly h2: number;
}

/** Configuration of the whole report model. */
function rrgConfigOf(sizes: ModelSizes): RrgConfig {
  const { dim, h1, h2 } = sizes.settings as unknown as ClassifierSettings;
  return parseRrgConfig({
    detector: detectorConfigOf(sizes),
    regionSelector: { inputDim: dim, hidden: [h1, h2] },
    reportGen: reportGenConfigOf(sizes.settings),
  });
}

const KEY_MAPS: Readonly<Record<keyof RrgConfig, KeyMap>> = {
  detector: RGRG_DETECTOR_KEY_MAP,
  regionSelector: RGRG_REGION_SELECTOR_KEY_MAP,
  reportGen: rgrgReportGenKeyMap({ positionTable: 'token' }),
};

/** The reference's tensors under the names of `rrgSpecs`, strictly. */
function toRrgWeights(reference: ReadonlyMap<string, HostTensor>, config: RrgConfig): StateDict {
  const parts = applyKeyMaps(reference, {
    detector: { map: KEY_MAPS.detector, specs: detectorSpecs(config.detector) },
    regionSelector: {
      map: KEY_MAPS.regionSelector,
      specs: regionSelectorSpecs(config.regionSelector),
    },
    reportGen: { map: KEY_MAPS.reportGen, specs: reportGenSpecs(config.reportGen) },
  });
  const entries = Object.entries(parts).flatMap(([part, tensors]) =>
    [...tensors].map(([name, tensor]) => [`${part}.${name}`, tensor] as const),
  );
  return new Map(entries);
}

/** The configuration and all weights of a manifest, under our names. */
export function rrgModelOf(source: WeightSource): {
  readonly config: RrgConfig;
  readonly weights: StateDict;
} {
  const config = rrgConfigOf(source);
  const reference = new Map(source.names.map((name) => [name, source.get(name)]));
  return { config, weights: toRrgWeights(reference, config) };
}

/** Our name of a parameter of the reference. */
export function ourRrgName(reference: string): string {
  for (const [part, map] of Object.entries(KEY_MAPS)) {
    const name = renameKey(reference, map);
    if (typeof name === 'string') return `${part}.${name}`;
  }
  throw new Error(`no parameter of ours for ${reference}`);
}
