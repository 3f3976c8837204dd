export {
  computeBootstrapInterval,
  computeBootstrapIntervals,
  type BootstrapInterval,
  type BootstrapOptions,
  type Statistic,
  type Statistics,
} from './bootstrap.js';
export {
  compareSystems,
  computeRandomisationTest,
  type PairedStatistic,
  type RandomisationOptions,
  type RandomisationTest,
} from './randomisation.js';
export { computeBinaryIntervals, type BinaryIntervalOptions } from './binary-intervals.js';
