/** Why {@link parseStrictJson} refused. */
export class StrictJsonError extends Error {}

/**
 * JSON of bounded depth without repeated keys. `JSON.parse` keeps the last of two equal keys, which lets two readers see
 * two different files.
 * @throws {StrictJsonError}
 */
export function parseStrictJson(text: string, maxDepth: number): unknown {
  checkDepth(text, maxDepth);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new StrictJsonError(`not valid JSON (${(cause as Error).message})`);
  }
  checkDuplicateKeys(text);
  return value;
}

/** Strings and structural characters in order. Linear, also for text that is not JSON. */
function* tokens(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if ('{}[],:'.includes(character)) yield character;
    if (character !== '"') continue;
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    yield text.slice(start, at + 1);
  }
}

function checkDepth(text: string, maxDepth: number): void {
  let depth = 0;
  for (const token of tokens(text)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth > maxDepth) throw new StrictJsonError(`nested deeper than ${maxDepth} levels`);
  }
}

/** Needs valid JSON. */
function checkDuplicateKeys(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const token of tokens(text)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const keys = open.at(-1)!;
      const key = JSON.parse(last) as string;
      if (keys.has(key)) throw new StrictJsonError(`the key ${JSON.stringify(key)} occurs twice`);
      keys.add(key);
    }
    last = token;
  }
}
