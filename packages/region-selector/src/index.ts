export { RGRG_REGION_SELECTOR_KEY_MAP } from './checkpoint-maps/rgrg.js';
export {
  DEFAULT_REGION_SELECTOR_CONFIG,
  parseRegionSelectorConfig,
  type RegionSelectorConfig,
} from './config.js';
export { decideRegions, toProbabilities } from './decision.js';
export { classifyRegions } from './forward.js';
export { classifierLoss, type ClassifierTargets } from './losses.js';
export {
  createRegionSelector,
  traceRegionSelector,
  type RegionSelection,
  type RegionSelector,
  type RegionSelectorOptions,
} from './region-selector.js';
export { CLASSIFIERS, regionSelectorSpecs, type Classifier } from './specs.js';
