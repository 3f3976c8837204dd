import type { Doubt } from '@crrg/core';

/** Text as lines of at most `width` characters, broken at spaces; a longer word stays whole. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return line || lines.length === 0 ? [...lines, line] : lines;
}

/** What moves the cursor, changes colours, hides or reorders text: controls, format characters such as bidirectional ones, line ends. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Text in one line that cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** A doubt in one line. */
export function formatDoubt({ code, message }: Doubt): string {
  return printable(`doubt ${code}: ${message}`);
}

/** A table of left-aligned columns; the last one is wrapped so that lines stay within `width` where they can. */
export function formatTable(rows: readonly (readonly string[])[], width: number): string {
  const columns = (rows[0]?.length ?? 0) - 1;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  const indent = widths.reduce((sum, each) => sum + each + 2, 0);
  const lines = rows.flatMap((row) => {
    const [first, ...rest] = wrapText(row[columns]!, Math.max(20, width - indent));
    const head = widths.map((each, column) => `${row[column]!.padEnd(each)}  `).join('');
    return [head + first!, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
