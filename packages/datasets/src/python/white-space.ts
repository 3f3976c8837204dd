/**
 * The white space of Python's `str` (`str.split`, `str.strip`, `\s` of `re`), as the inside of a character class. JavaScript's `\s` takes U+FEFF and
 * leaves out U+001C to U+001F and U+0085.
 */
export const PYTHON_SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const RUN = new RegExp(`[${PYTHON_SPACE}]+`, 'u');
const ALL_RUNS = new RegExp(`[${PYTHON_SPACE}]+`, 'gu');
const AT_START = new RegExp(`^[${PYTHON_SPACE}]+`, 'u');
const ONE = new RegExp(`[${PYTHON_SPACE}]`, 'u');

/** `text.split()` of Python: the words between runs of white space. */
export function splitPythonWords(text: string): string[] {
  return stripPythonSpace(text)
    .split(RUN)
    .filter((word) => word !== '');
}

/** `text.strip()` of Python. */
export function stripPythonSpace(text: string): string {
  const start = AT_START.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && ONE.test(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}

/** `' '.join(text.split())` of Python: one blank for each run of white space, none at the ends. */
export function collapsePythonSpace(text: string): string {
  return stripPythonSpace(text).replace(ALL_RUNS, ' ');
}

/** The text as Python's text files give it (universal newlines): `\n` for CR LF and for CR. */
export function universalNewlines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
