/** Something is wrong with a file; the message is for its owner. */
export class FileError extends Error {}

const isText = (value) => typeof value === 'string';

function toReport(item, where) {
  if (isText(item)) return { text: item };
  if (isText(item?.text)) return { text: item.text, ...(item.id !== undefined && { id: String(item.id) }) };
  throw new FileError(`${where}: expected a text or an object with "text".`);
}

function parseJson(text, where) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FileError(`${where}: expected JSON, got something else.`, { cause });
  }
}

function decode(bytes, name) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(`${name}: expected UTF-8 text; save the file as UTF-8.`, { cause });
  }
}

/** The reports of a file, `{ text, id? }`: a JSON list, JSON lines, or a text a line; told by content. */
export function readReports(bytes, name) {
  const text = decode(bytes, name);
  const start = text.trimStart()[0];
  if (start === '[')
    return parseJson(text, name).map((item, index) => toReport(item, `${name}, item ${index + 1}`));
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const numbered = lines.map((line, index) => ({ line, where: `${name}, line ${index + 1}` }));
  if (start !== '{' && start !== '"') return lines.map((line) => ({ text: line }));
  return numbered
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, where }) => toReport(parseJson(line, where), where));
}
