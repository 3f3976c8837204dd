import { readFile } from 'node:fs/promises';
import { InputErrors } from '../input-errors.js';
import { decodeInputText, type DecodedText } from './decode-text.js';

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ERR_STRING_TOO_LONG: 'it is longer than 512 MB; divide it',
};

/**
 * A file's text without its byte order mark, and notes on how it was read.
 * @throws {@link InputErrors} where it cannot be read or is no text
 */
export async function readDecodedText(file: string): Promise<DecodedText> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const reason = READ_ERRORS[error.code ?? ''] ?? error.message;
    throw new InputErrors([{ subject: file, message: `cannot be read: ${reason}.` }]);
  });
  const decoded = decodeInputText(bytes);
  if ('text' in decoded) return decoded;
  throw new InputErrors([{ subject: file, message: decoded.problem }]);
}

/**
 * A file of UTF-8 text without its byte order mark.
 * @throws {@link InputErrors} where it cannot be read or is in another encoding
 */
export async function readInputText(file: string): Promise<string> {
  const { text, notes } = await readDecodedText(file);
  if (notes.length === 0) return text;
  throw new InputErrors(notes.map((note) => ({ subject: file, message: `expected UTF-8 text, ${note}` })));
}
