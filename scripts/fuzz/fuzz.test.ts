import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseBytes, type FuzzFormat } from './format.js';
import { FORMAT_NAMES, formatModule } from './formats.js';
import { formatCounts, runCases } from './run-cases.js';
import { WatchedChild } from './watched-child.js';

let child: WatchedChild;
beforeAll(() => {
  child = new WatchedChild();
});
afterAll(() => child.close());

const planted = (deed: string) =>
  new URL(`__fixtures__/planted-faults.ts?${encodeURIComponent(deed)}`, import.meta.url).href;
const outcomeOf = (deed: string) => child.run({ module: planted(deed), seed: 1, number: 0 });

describe('the fuzzer', () => {
  it.each([
    ['throws a TypeError', /^TypeError: Cannot read properties of undefined/],
    ['rejects with a bare error', /^Error: bare/],
    ['prints to stderr', /^something was printed: a warning/],
    ['prints to stdout', /^something was printed: a report/],
    ['takes memory', /^took \d{3} MB of memory, more than 200 MB$/],
    ['hangs', /^took longer than 1 s$/],
    ['never settles', /^took longer than 1 s$/],
    ['exits', /^the process ended with exit code 3/],
    ['lets an error escape', /^the process ended with exit code 1: [^]*TypeError: escaped/],
  ])('finds a reader that %s', async (deed, problem) => {
    expect(await outcomeOf(deed)).toEqual({
      kind: 'finding',
      problem: expect.stringMatching(problem) as string,
    });
  });

  it('takes a result, and an error of ours, for what should be', async () => {
    expect(await outcomeOf('decodes')).toEqual({ kind: 'decoded' });
    expect(await outcomeOf('refuses')).toEqual({
      kind: 'refused',
      message: 'case.refuse: expected no case, got one; stop.',
    });
  });

  it('goes on behind a finding, and counts', async () => {
    const numbers: number[] = [];
    const range = { module: planted('exits'), seed: 1, first: 5, count: 2 };
    const counts = await runCases(range, child, (number) => numbers.push(number));
    expect(numbers).toEqual([5, 6]);
    expect(formatCounts(counts)).toBe('2 cases, 0 decoded, 0 refused, 2 findings');
  });
});

/** A DICOM file that is refused ends its thread, and the next one takes a while to start from source. */
const COUNTS: Readonly<Record<string, number>> = { dicom: 15 };

describe.each(FORMAT_NAMES)('files of %s', (name) => {
  it('are the same for the same seed and number, and others for others', async () => {
    const { format } = (await import(formatModule(name))) as { readonly format: FuzzFormat };
    const cases: readonly (readonly [seed: number, number: number])[] = [
      [1, 7],
      [1, 7],
      [2, 7],
      [1, 8],
    ];
    const sums = await Promise.all(
      cases.map(async ([seed, number]) =>
        createHash('sha256')
          .update(await caseBytes(format, { seed, number }))
          .digest('hex'),
      ),
    );
    expect(sums[1]).toBe(sums[0]);
    expect(new Set(sums).size).toBe(3);
  });

  it('are read or refused, changed as they may be', async () => {
    const findings: string[] = [];
    const range = { module: formatModule(name), seed: 1, first: 0, count: COUNTS[name] ?? 100 };
    const counts = await runCases(range, child, (number, outcome) => {
      if (outcome.kind === 'finding') findings.push(`case ${number}: ${outcome.problem}`);
    });
    expect(findings).toEqual([]);
    expect(counts.decoded).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  }, 120_000);
});
