import { MetricsError } from '../errors.js';

/** Relative error of the rational approximation below, before refinement. */
const LOWER_TAIL = 0.02425;

const CENTRAL_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRAL_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** The standard normal distribution function by its continued fraction or series; absolute error below 1e-14. @internal */
export function normalProbability(x: number): number {
  if (Math.abs(x) > 38) return x > 0 ? 1 : 0;
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) > 5) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / (Math.abs(x) + fraction);
    const tail = density / (Math.abs(x) + fraction);
    return x > 0 ? 1 - tail : tail;
  }
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + density * sum;
}

/**
 * The inverse of {@link normalProbability}: Acklam's rational approximation (relative error 1.15e-9) and one Halley step.
 * @throws {@link MetricsError} `OPTION` outside (0, 1)
 * @internal
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1))
    throw new MetricsError(
      'OPTION',
      `metrics.normalQuantile: expected a probability in (0, 1), got ${p}; check the level.`,
    );
  const x = p > 1 - LOWER_TAIL ? -approximateQuantile(1 - p) : approximateQuantile(p);
  const error = (normalProbability(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return x - error / (1 + (x * error) / 2);
}

function approximateQuantile(p: number): number {
  if (p < LOWER_TAIL) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_TOP, q) / polynomial(TAIL_BOTTOM, q);
  }
  const q = p - 0.5;
  return (polynomial(CENTRAL_TOP, q * q) * q) / polynomial(CENTRAL_BOTTOM, q * q);
}
