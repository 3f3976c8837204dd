/** Exit code of a check that could not run here; its last line says why. */
const SKIPPED = 77;

/** Counts checks and prints a line each. */
export function createTally() {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  /** @param {'passed' | 'failed' | 'skipped'} outcome */
  const report = (outcome, name, detail = '') => {
    totals[outcome] += 1;
    console.log(`${outcome.padEnd(7)} ${name}${detail ? `: ${detail}` : ''}`);
  };
  return {
    report,
    /** A program that ended: 0 passed, 77 skipped, all else failed. */
    ended(name, { code, out, err }, seconds = '') {
      const outcome = code === 0 ? 'passed' : code === SKIPPED ? 'skipped' : 'failed';
      const detail = (outcome === 'failed' ? `${out}${err}` : (out.split('\n').at(-2) ?? '')).trim();
      report(outcome, `${name}${seconds}`, detail);
    },
    /** The last line, and the exit code of this process. */
    close() {
      console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
      process.exitCode = totals.failed === 0 ? 0 : 1;
    },
  };
}
