import { BackendError } from './errors.js';

/**
 * Refuses numbers of a network that are NaN or infinite. A comparison would take them for "no": not found, not selected, not abnormal.
 *
 * @param what the numbers and the part of the model that gave them
 * @throws {BackendError} that names the part
 */
export function requireFinite(where: string, what: string, values: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue;
    throw new BackendError(
      `${where}: expected finite ${what}, got ${values[at]}; check the weights with crrg models verify, or take another backend.`,
    );
  }
}
