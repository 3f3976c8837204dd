// What a soak found: figures, and what is wrong with them.

/** Memory may settle: the last fifth of a run is compared with its second fifth. */
export const MOST_GROWTH = 1.15;
/** A run that is shorter says nothing of memory. */
const LEAST_MINUTES = 5;

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const counted = (values) => {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const fifth = (samples, minutes, at) =>
  samples.filter(({ minute }) => Math.floor((5 * minute) / minutes) === at).map(({ rss }) => rss);

/** Figures of a run. */
export function summarise({ answers, samples, minutes }) {
  const reports = answers.filter(({ status }) => status === 200).map(({ ms }) => ms);
  const early = quantile(fifth(samples, minutes, 1), 0.5);
  const late = quantile(fifth(samples, minutes, 4), 0.5);
  return {
    requests: answers.length,
    byStatus: counted(answers.map(({ status }) => status)),
    byKind: counted(answers.map(({ name }) => name)),
    latencyMs: { p50: quantile(reports, 0.5), p95: quantile(reports, 0.95), p99: quantile(reports, 0.99) },
    healthMs: {
      p50: quantile(
        samples.map(({ healthMs }) => healthMs),
        0.5,
      ),
      p99: quantile(
        samples.map(({ healthMs }) => healthMs),
        0.99,
      ),
    },
    refusedMs: quantile(
      answers.filter(({ status }) => status === 429).map(({ ms }) => ms),
      0.99,
    ),
    rssMb: { first: samples[0]?.rss, early, late, most: Math.max(...samples.map(({ rss }) => rss)) },
    growth: late / early,
  };
}

const allowed = ({ name, status, expected }) =>
  [expected, 429, 503, 504].includes(status) || (name === 'leaves' && status === 'left');

/** What must not be: a line each. */
export function findProblems({ answers, minutes, ended }, summary) {
  const problems = answers
    .filter((answer) => !allowed(answer))
    .map(({ name, status, told }) => `${name}: status ${status}${told ? ` (${told})` : ''}`);
  for (const name of new Set(answers.map((answer) => answer.name))) {
    const told = new Set(
      answers.filter((each) => each.name === name && each.status === each.expected).map((each) => each.told),
    );
    if (told.size > 1) problems.push(`${name}: ${told.size} different answers to the same film`);
    if (told.size === 0 && name !== 'leaves') problems.push(`${name}: never answered`);
  }
  if (!summary.byStatus[429]) problems.push('bursts: none was refused');
  if (answers.some(({ status, retryAfter }) => status === 429 && !(Number(retryAfter) >= 1)))
    problems.push('429 without Retry-After');
  if (ended !== 0) problems.push(`the server ended with ${ended}`);
  if (minutes >= LEAST_MINUTES && !(summary.growth <= MOST_GROWTH))
    problems.push(`memory: grew by a factor of ${summary.growth.toFixed(2)}, more than ${MOST_GROWTH}`);
  return problems;
}
