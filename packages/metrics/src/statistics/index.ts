export {
  computeBootstrapInterval,
  computeBootstrapIntervalAsync,
  computeBootstrapIntervals,
  computeBootstrapIntervalsAsync,
  type BootstrapInterval,
  type BootstrapOptions,
  type Statistic,
  type Statistics,
} from './bootstrap.js';
export {
  compareSystems,
  compareSystemsAsync,
  computeRandomisationTest,
  computeRandomisationTestAsync,
  type PairedStatistic,
  type RandomisationOptions,
  type RandomisationTest,
} from './randomisation.js';
export {
  computeBinaryIntervals,
  computeBinaryIntervalsAsync,
  type BinaryIntervalOptions,
} from './binary-intervals.js';
