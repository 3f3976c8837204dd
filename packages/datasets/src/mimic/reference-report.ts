import { collapsePythonSpace } from '../python/index.js';
import { isExceptedStudy } from './excepted-studies.js';
import { parseReportSections } from './sections.js';

/** Why a study has no reference report. */
export type NoReferenceReport = 'excepted study' | 'no report file' | 'no findings section';

/** The findings of a study, or why there are none. */
export type ReferenceReport =
  | { readonly outcome: 'used'; readonly text: string }
  | { readonly outcome: NoReferenceReport; readonly text: null };

/**
 * The reference report of a study: its last findings section, white space collapsed.
 *
 * Source: docs/reference/datasets.md#reference-report.
 * @param study without the `s`
 * @param report the text of its file; undefined where there is no file
 */
export function referenceReport(study: string, report: string | undefined): ReferenceReport {
  if (isExceptedStudy(study)) return { outcome: 'excepted study', text: null };
  if (report === undefined) return { outcome: 'no report file', text: null };
  const findings = parseReportSections(report).findLast(({ name }) => name === 'findings');
  if (findings === undefined) return { outcome: 'no findings section', text: null };
  return { outcome: 'used', text: collapsePythonSpace(findings.text) };
}
