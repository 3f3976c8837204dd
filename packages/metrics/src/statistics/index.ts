export {
  computeBootstrapInterval,
  type BootstrapInterval,
  type BootstrapOptions,
  type Statistic,
} from './bootstrap.js';
export {
  compareSystems,
  computeRandomisationTest,
  type PairedStatistic,
  type RandomisationOptions,
  type RandomisationTest,
} from './randomisation.js';
