import { MetricsError } from '../errors.js';
import { finish, finishAsync, type Steps, type WorkOptions } from '../steps.js';
import { createRandomSource } from './random.js';

/** Score of the first system minus score of the second, with the outputs of the marked items exchanged. */
export type PairedStatistic = (isSwapped: Uint8Array) => number;

/** Options of {@link compareSystems} and {@link computeRandomisationTest}. */
export interface RandomisationOptions {
  /** Number of random swaps; where all 2^n swaps of n items are no more, each is tried once and the test is exact. @defaultValue 10000 */
  readonly numTrials?: number | undefined;
  /** Same seed, same p-value. @defaultValue 0 */
  readonly seed?: number | undefined;
}

/** Outcome of a paired test. Plain data. */
export interface RandomisationTest {
  /** The score of the first system minus that of the second. */
  readonly difference: number;
  /** Two-sided: how often systems that do not differ would be at least this far apart. */
  readonly pValue: number;
  /** Every assignment was tried, so that the p-value has no random error. */
  readonly isExact: boolean;
  readonly numTrials: number;
  readonly seed: number;
}

const WHERE = 'metrics.computeRandomisationTest';

/** Sums in another order may differ by this share of what they are made of. */
const ROUNDING = 1e-12;

/**
 * Whether two systems differ, by swapping their outputs at random. For scores that are no mean over items, such as corpus BLEU.
 *
 * Reference: Noreen, Computer-Intensive Methods for Testing Hypotheses, 1989; Riezler and Maxwell, On Some Pitfalls in Automatic
 * Evaluation and Significance Testing for MT, 2005.
 *
 * @param numItems number of items that both systems answered
 * @param difference score of the first system minus score of the second, where `isSwapped[item]` is 1 for items whose outputs change
 * places
 * @throws {@link MetricsError} `OPTION` for a number of trials below 1, `INPUT` for no items, `UNDEFINED` for a difference that is
 * not finite
 */
export function computeRandomisationTest(
  numItems: number,
  difference: PairedStatistic,
  options: RandomisationOptions = {},
): RandomisationTest {
  return testAtOnce(numItems, difference, options);
}

/**
 * {@link computeRandomisationTest} with pauses: it can be stopped by `signal`, and `onProgress` hears of trials. The same numbers. A single
 * call of `difference` is not interrupted.
 *
 * @throws the signal's reason where it is aborted
 */
export async function computeRandomisationTestAsync(
  numItems: number,
  difference: PairedStatistic,
  options: RandomisationOptions & WorkOptions = {},
): Promise<RandomisationTest> {
  return runRandomisation(numItems, difference, options);
}

async function runRandomisation(
  numItems: number,
  difference: PairedStatistic,
  options: RandomisationOptions & WorkOptions,
  scale?: number,
): Promise<RandomisationTest> {
  const differences = (isSwapped: Uint8Array) => ({ score: difference(isSwapped) });
  const scales = scale === undefined ? {} : { score: scale };
  const { score } = await computeRandomisationTestsAsync(numItems, differences, options, scales);
  return score ?? refuseDifference(difference(new Uint8Array(numItems)));
}

/** Differences of several scores, by name, with the outputs of the marked items exchanged. @internal */
export type PairedStatistics = (isSwapped: Uint8Array) => Readonly<Record<string, number | undefined>>;

/**
 * {@link computeRandomisationTest} of several scores with the same swaps. One that the items leave undefined has no entry; swaps that leave one
 * undefined count as far apart.
 * @internal
 */
export async function computeRandomisationTestsAsync(
  numItems: number,
  differences: PairedStatistics,
  options: RandomisationOptions & WorkOptions,
  scales: Readonly<Record<string, number>> = {},
): Promise<Record<string, RandomisationTest>> {
  let calls = 0;
  const counted: PairedStatistics = (isSwapped) => {
    calls += 1;
    return differences(isSwapped);
  };
  const total = 1 + plannedRounds(numItems, options.numTrials ?? DEFAULT_TRIALS).rounds;
  return finishAsync(randomisationSteps(numItems, counted, options, scales), options, {
    total,
    done: () => calls,
  });
}

const DEFAULT_TRIALS = 10_000;

/** How many assignments are tried, and whether they are all there are. */
function plannedRounds(numItems: number, numTrials: number) {
  const isExact = numItems < 31 && 2 ** numItems <= numTrials;
  return { isExact, rounds: isExact ? 2 ** numItems : numTrials };
}

function checkTest(numItems: number, { numTrials = DEFAULT_TRIALS }: RandomisationOptions): void {
  if (!Number.isInteger(numItems) || numItems < 1)
    throw new MetricsError(
      'INPUT',
      `${WHERE}: expected at least one item, got ${numItems}; check what was read.`,
    );
  if (!Number.isInteger(numTrials) || numTrials < 1)
    throw new MetricsError(
      'OPTION',
      `${WHERE}: expected numTrials to be a positive integer, got ${numTrials}.`,
    );
}

function refuseDifference(observed: number): never {
  throw new MetricsError(
    'UNDEFINED',
    `${WHERE}: expected a finite difference, got ${observed}; check the scores.`,
  );
}

/** One score of a test: what was observed, the least size that is as far apart, and how often that was met. */
interface Tally {
  readonly name: string;
  readonly observed: number;
  readonly least: number;
  atLeast: number;
}

/** `scales`: the size of the numbers whose sum a difference is; it bounds the error of rounding. */
function* randomisationSteps(
  numItems: number,
  differences: PairedStatistics,
  options: RandomisationOptions,
  scales: Readonly<Record<string, number>>,
): Steps<Record<string, RandomisationTest>> {
  checkTest(numItems, options);
  const { numTrials = DEFAULT_TRIALS, seed = 0 } = options;
  const isSwapped = new Uint8Array(numItems);
  const tallies = Object.entries(differences(isSwapped)).flatMap(([name, observed]): Tally[] => {
    if (observed === undefined || !Number.isFinite(observed)) return [];
    const error = ROUNDING * Math.max(Math.abs(observed), scales[name] ?? 0);
    return [{ name, observed, least: Math.abs(observed) - error, atLeast: 0 }];
  });
  const { isExact, rounds } = plannedRounds(numItems, numTrials);
  const random = createRandomSource(seed);
  for (let round = 0; round < (tallies.length > 0 ? rounds : 0); round++) {
    for (let item = 0; item < numItems; item++)
      isSwapped[item] = isExact ? (round >>> item) & 1 : Number(random.next() < 0.5);
    const values = differences(isSwapped);
    for (const tally of tallies) {
      const value = values[tally.name];
      if (value === undefined || Math.abs(value) >= tally.least) tally.atLeast += 1;
    }
    yield;
  }
  // The observed assignment is one of the possible ones; an exact run has met it.
  const pValueOf = (atLeast: number) => (isExact ? atLeast / rounds : (atLeast + 1) / (rounds + 1));
  return Object.fromEntries(
    tallies.map(({ name, observed, least, atLeast }) => [
      name,
      { difference: least > 0 ? observed : 0, pValue: pValueOf(atLeast), isExact, numTrials: rounds, seed },
    ]),
  );
}

/** The test of one score, at once. */
function testAtOnce(
  numItems: number,
  difference: PairedStatistic,
  options: RandomisationOptions,
  scale?: number,
): RandomisationTest {
  const differences = (isSwapped: Uint8Array) => ({ score: difference(isSwapped) });
  const scales = scale === undefined ? {} : { score: scale };
  const { score } = finish(randomisationSteps(numItems, differences, options, scales));
  return score ?? refuseDifference(difference(new Uint8Array(numItems)));
}

/**
 * Whether the mean scores of two systems on the same items differ: paired approximate randomisation.
 *
 * @example
 * ```ts
 * const { difference, pValue } = compareSystems(rougeOfOurs, rougeOfTheirs, { seed: 7 });
 * ```
 * @param first a score for each item
 * @param second scores for the same items in the same order
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, no items, and scores that are not finite; `OPTION` as
 * {@link computeRandomisationTest}
 */
export function compareSystems(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: RandomisationOptions = {},
): RandomisationTest {
  const gaps = gapsOf(first, second);
  return testAtOnce(gaps.length, meanGapOf(gaps), options, meanSize(gaps));
}

/**
 * {@link compareSystems} with pauses: it can be stopped by `signal`, and `onProgress` hears of trials. The same numbers.
 *
 * @throws the signal's reason where it is aborted
 */
export async function compareSystemsAsync(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: RandomisationOptions & WorkOptions = {},
): Promise<RandomisationTest> {
  const gaps = gapsOf(first, second);
  return runRandomisation(gaps.length, meanGapOf(gaps), options, meanSize(gaps));
}

function gapsOf(first: ArrayLike<number>, second: ArrayLike<number>): Float64Array {
  const where = 'metrics.compareSystems';
  if (first.length !== second.length)
    throw new MetricsError(
      'INPUT',
      `${where}: expected scores for the same items, got ${first.length} and ${second.length}; give both systems' scores in one order.`,
    );
  return Float64Array.from(first, (score, index) => {
    const gap = score - second[index]!;
    if (Number.isFinite(gap)) return gap;
    throw new MetricsError(
      'INPUT',
      `${where}: expected finite scores for item ${index}, got ${score} and ${second[index]}; leave it out of both.`,
      { details: { index } },
    );
  });
}

const meanSize = (gaps: Float64Array) => gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / gaps.length;

/** The mean gap with some items exchanged. */
function meanGapOf(gaps: Float64Array): PairedStatistic {
  return (isSwapped) => {
    let sum = 0;
    for (let item = 0; item < gaps.length; item++) sum += isSwapped[item] ? -gaps[item]! : gaps[item]!;
    return sum / gaps.length;
  };
}
