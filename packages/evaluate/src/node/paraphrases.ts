import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { DataError, type AbortOptions } from '@crrg/core';
import type { LoadMeteorOptions } from '@crrg/metrics/meteor';

/** What METEOR is loaded with where there is a file of its paraphrases. @throws {DataError} where it cannot be read */
export async function meteorOptions(
  file: string | undefined,
  { signal }: AbortOptions,
): Promise<LoadMeteorOptions | undefined> {
  if (file === undefined) return undefined;
  const { readParaphraseTable } = await import('@crrg/metrics/meteor');
  try {
    const stream = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    return { paraphrases: await readParaphraseTable(stream, { signal }) };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new DataError(
      `${file}: expected METEOR's table of paraphrases (paraphrase-en.gz), got none that can be read.`,
      { cause },
    );
  }
}
