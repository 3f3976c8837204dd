import { computeReportIntervals, evaluateReports } from '@crrg/metrics';

const METRICS = ['bleu', 'meteor', 'rougeL', 'cider'];

/** Scores of paired reports: `{ numReports, pairing, scores: [{ score, estimate, low, high }], signatures }`. */
export async function scoreReports({ candidates, references, pairing }, options = {}) {
  const { onProgress, ...bootstrap } = options;
  const evaluation = await evaluateReports(candidates, references, {
    metrics: METRICS,
    keepStatistics: true,
    onProgress,
  });
  const intervals = await computeReportIntervals(evaluation, { numResamples: 2000, seed: 1, ...bootstrap });
  const scores = Object.entries(intervals).map(([score, { estimate, low, high }]) => ({
    score,
    estimate,
    low,
    high,
  }));
  return { numReports: candidates.length, pairing, scores, signatures: evaluation.signatures };
}

/** The scores as CSV, numbers at full precision. */
export function toCsv({ scores }) {
  const rows = scores.map(({ score, estimate, low, high }) => [score, estimate, low, high].join(','));
  return ['score,estimate,low,high', ...rows, ''].join('\r\n');
}
