import { createReadStream } from 'node:fs';
import { DataError } from '@crrg/core';

/** Longest line that is read, in UTF-16 units. */
const MAXIMUM_LINE = 1 << 24;

async function* textOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Uint8Array>)
      yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new DataError(`${file}: expected UTF-8 text, got other bytes; save the file as UTF-8.`, {
      cause: error,
    });
  }
}

/** A line of a text file, without its end. */
export interface TextLine {
  /** `FILE: line 3`, for messages. */
  readonly where: string;
  readonly text: string;
}

/**
 * The lines of a UTF-8 file, read as they are asked for; a line feed or CR LF ends one.
 * @throws {@link DataError} for other bytes than UTF-8 and lines above 16 Mi characters
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<TextLine> {
  let number = 1;
  let rest = '';
  const line = (text: string): TextLine => ({
    where: `${file}: line ${number++}`,
    text: text.endsWith('\r') ? text.slice(0, -1) : text,
  });
  for await (const chunk of textOf(file, signal)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const text of lines) {
      signal?.throwIfAborted();
      yield line(text);
    }
    if (rest.length > MAXIMUM_LINE)
      throw new DataError(
        `${file}: line ${number}: expected at most ${MAXIMUM_LINE} characters, got more; check the file.`,
      );
  }
  if (rest !== '') yield line(rest);
}
