import { collapsePythonSpace } from '../python/index.js';

/**
 * Findings and impression of a report: findings from the first `FINDINGS:` to the next `IMPRESSION:`, impression all behind it, white space
 * collapsed; undefined where one is absent or empty. Not the section parser that regions are built with: a second `FINDINGS:` stays inside.
 *
 * Source: docs/reference/datasets.md#building-the-table.
 */
export function cxrClipSections(report: string): readonly [findings: string, impression: string] | undefined {
  const [start, end] = ['FINDINGS:', 'IMPRESSION:'];
  const from = report.indexOf(start);
  const to = from < 0 ? -1 : report.indexOf(end, from + start.length);
  if (to < 0) return undefined;
  const findings = collapsePythonSpace(report.slice(from + start.length, to));
  const impression = collapsePythonSpace(report.slice(to + end.length));
  return findings === '' || impression === '' ? undefined : [findings, impression];
}
