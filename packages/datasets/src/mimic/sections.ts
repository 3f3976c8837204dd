import { PYTHON_SPACE, stripPythonSpace, universalNewlines } from '../python/index.js';
import { normalizeSectionName } from './section-names.js';

/** A part of a report under a header. */
export interface ReportSection {
  /** As {@link normalizeSectionName} gives it; `preamble` before the first header, `full report` where there is none, `last_paragraph`. */
  readonly name: string;
  /** Place of the text in the report, in code points, after CR LF became LF. */
  readonly start: number;
  readonly text: string;
}

interface Part {
  readonly name: string;
  /** UTF-16 units. */
  readonly start: number;
  readonly text: string;
}

/** A header: a line that starts with a blank, capitals to a colon, and one white space, which may be the line's end. */
const HEADER = `\\n ([A-Z ()/,-]+):[${PYTHON_SPACE}]`;
const PARAGRAPH_END = '\n \n';

/** The headers with the text behind each. The search for the next one starts at the next line end, so that one line holds one header. */
function* headedParts(text: string): Generator<Part> {
  const pattern = new RegExp(HEADER, 'g');
  let header = pattern.exec(text);
  if (!header) {
    yield { name: 'full report', start: 0, text };
    return;
  }
  yield { name: 'preamble', start: 0, text: text.slice(0, header.index + 2) };
  while (header) {
    const name = header[1]!;
    const start = header.index + header[0].length;
    const lineEnd = text.indexOf('\n', start);
    pattern.lastIndex = lineEnd < 0 ? start : lineEnd;
    const next = pattern.exec(text);
    yield { name: normalizeSectionName(name), start, text: text.slice(start, next?.index) };
    header = next;
  }
}

const isMain = ({ name }: Part) => name === 'impression' || name === 'findings';

/** What follows the first paragraph of the last section becomes a section, where a report has neither findings nor impression. */
function splitLastParagraph(parts: readonly Part[]): readonly Part[] {
  const last = parts.at(-1)!;
  const end = last.text.indexOf(PARAGRAPH_END);
  if (end < 0 || parts.some(isMain)) return parts;
  return [
    ...parts.slice(0, -1),
    { ...last, text: last.text.slice(0, end) },
    // The start leaves out the separator, as the reference parser does.
    { name: 'last_paragraph', start: last.start + end, text: last.text.slice(end + PARAGRAPH_END.length) },
  ];
}

function toCodePoints(text: string, parts: readonly Part[]): ReportSection[] {
  let [units, points] = [0, 0];
  return parts.map((part) => {
    points += [...text.slice(units, part.start)].length;
    units = part.start;
    return { ...part, start: points };
  });
}

/**
 * The sections of a MIMIC-CXR report, exactly as the section parser published with the data set finds them, quirks included: a header at a
 * line's end swallows the next line, and an all-capital line with a colon is a header. Findings and impressions without text are left out.
 *
 * Source: docs/reference/datasets.md#reference-report, steps 2 to 4, and docs/reference/datasets.md#observed-on-made-up-trees.
 *
 * @example
 * ```ts
 * parseReportSections('\n FINDINGS:  Clear lungs.\n'); // preamble, findings
 * ```
 */
export function parseReportSections(report: string): ReportSection[] {
  const text = universalNewlines(report);
  const parts = [...headedParts(text)].filter((part) => !isMain(part) || stripPythonSpace(part.text) !== '');
  return toCodePoints(text, splitLastParagraph(parts));
}
