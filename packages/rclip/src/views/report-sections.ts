/** What a free-text report says in the two sections that are trained on. */
export interface ReportSections {
  /** What is seen; undefined where the report has no such section. */
  readonly findings: string | undefined;
  /** What it means; undefined where the report has no such section. */
  readonly impression: string | undefined;
}

const HEADING = /^[ \t]*([A-Z][A-Z ()&/-]{1,60})[ \t]*:/gm;

/**
 * The findings and the impression of a free-text report with headings in capitals at the beginning of lines. White space is made
 * single; a section that is not there, or holds nothing, is undefined. Unlike the reference, which takes all text between
 * `FINDINGS:` and `IMPRESSION:` and all after it, any heading ends a section.
 *
 * Source: docs/reference/datasets.md#building-the-table.
 *
 * @example
 * ```ts
 * const { findings, impression } = parseReportSections('FINDINGS: Clear lungs.\nIMPRESSION: Normal.');
 * const sections = [findings, impression].filter((text) => text !== undefined);
 * ```
 */
export function parseReportSections(report: string): ReportSections {
  const headings = [...report.matchAll(HEADING)];
  const read = (name: string): string | undefined => {
    const at = headings.findIndex(([, heading]) => heading!.trimEnd() === name);
    if (at < 0) return undefined;
    const { 0: heading, index } = headings[at]!;
    const text = report
      .slice(index + heading.length, headings[at + 1]?.index)
      .replace(/\s+/g, ' ')
      .trim();
    return text === '' ? undefined : text;
  };
  return { findings: read('FINDINGS'), impression: read('IMPRESSION') };
}
