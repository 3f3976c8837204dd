/** A text that begins and ends like a list of quoted texts. */
const LIST = /^\s*[[(]\s*(?:["'][\s\S]*["']\s*,?\s*)?[\])]\s*$/;
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([\s\S]))/gi;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescape(_: string, byte?: string, code?: string, letter?: string): string {
  const hex = byte ?? code;
  return hex === undefined ? (ESCAPES[letter!] ?? letter!) : String.fromCharCode(Number.parseInt(hex, 16));
}

/** The items of a Python list or tuple of texts; `undefined` where it is none. */
function parsePythonList(text: string): string[] | undefined {
  const items: string[] = [];
  let rest = text.trim().slice(1, -1).trim();
  while (rest !== '') {
    const item = /^(?:'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|"([^"\\]*(?:\\[\s\S][^"\\]*)*)")\s*(?:,\s*|$)/.exec(
      rest,
    );
    if (!item) return undefined;
    const quoted = item[1] ?? item[2]!;
    items.push(quoted.replace(ESCAPE, unescape));
    rest = rest.slice(item[0].length);
  }
  return items;
}

function parseJsonList(text: string): string[] | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The texts of a cell that holds a JSON or Python list of texts; `'damaged'` for what looks like one and cannot be read, `undefined` for any
 * other text.
 */
export function parseListCell(text: string): readonly string[] | 'damaged' | undefined {
  if (!LIST.test(text)) return undefined;
  return parseJsonList(text) ?? parsePythonList(text) ?? 'damaged';
}
