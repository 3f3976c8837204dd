import { CheckpointError } from '@crrg/core';
import { runReader, sizeOf, type HostTensor } from '@crrg/tensor';

/** Problems that a message lists. */
const MAX_SHOWN = 20;

/** Numbers that are looked at together: what stays in a file is read to one place, which fits into a processor's cache. */
const RUN = 2 ** 18;

/** The sum of float32 numbers in float64 is finite exactly where all of them are: 2^128 times their count is far below 2^1024. */
function areFinite(data: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = data.length - (data.length % 4);
  for (let i = 0; i < end; i += 4) {
    a += data[i]!;
    b += data[i + 1]!;
    c += data[i + 2]!;
    d += data[i + 3]!;
  }
  for (let i = end; i < data.length; i++) a += data[i]!;
  return Number.isFinite(a + b + c + d);
}

function describe(data: Float32Array, isBad: (value: number) => boolean, what: string): string {
  const first = data.findIndex(isBad);
  const count = data.reduce((sum, value) => sum + (isBad(value) ? 1 : 0), 0);
  return `${count} ${what} (the first ${data[first]} at ${first})`;
}

/** True where no number is NaN or infinite. */
function holdsFinite(tensor: HostTensor<'float32'>): boolean {
  const size = sizeOf(tensor.shape);
  const read = runReader(tensor);
  for (let start = 0; start < size; start += RUN)
    if (!areFinite(read(start, Math.min(RUN, size - start)))) return false;
  return true;
}

/** What is wrong with the numbers of a parameter, or undefined. A name that ends in `running_var` is that of variances. */
function numberProblem(name: string, tensor: HostTensor): string | undefined {
  if (tensor.dtype !== 'float32') return undefined;
  const numbers = tensor as HostTensor<'float32'>;
  if (!holdsFinite(numbers))
    return describe(numbers.data, (value) => !Number.isFinite(value), 'numbers that are not finite');
  if (!/(^|\.)running_var$/.test(name) || numbers.data.every((value) => value >= 0)) return undefined;
  return describe(numbers.data, (value) => value < 0, 'negative variances');
}

/**
 * Checks that weights can be computed with: every number finite, no variance negative. A model with others would answer NaN, which no
 * threshold finds.
 *
 * @example
 * ```ts
 * checkNumbers(await readTensors(bundle.entries), 'my model');
 * ```
 * @throws {CheckpointError} that names every bad tensor
 */
export function checkNumbers(weights: Iterable<readonly [string, HostTensor]>, where: string): void {
  const problems: string[] = [];
  for (const [name, tensor] of weights) {
    const problem = numberProblem(name, tensor);
    if (problem !== undefined) problems.push(`${name} has ${problem}`);
  }
  if (problems.length === 0) return;
  const more = problems.length > MAX_SHOWN ? `; and ${problems.length - MAX_SHOWN} more` : '';
  throw new CheckpointError(
    `${where}: expected weights of finite numbers and variances of at least 0, got others: ${problems.slice(0, MAX_SHOWN).join('; ')}${more}; the training that wrote them failed or the file is damaged, take an earlier checkpoint.`,
    { details: { problems } },
  );
}
