import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { OutputError } from '@crrg/core/node';
import type { TextSink } from '../io.js';

/** Cuts off what arrived of a text, where nobody else wrote behind it. */
function cutTorn(descriptor: number, whole: number, torn: number): void {
  try {
    const stats = fstatSync(descriptor);
    if (torn > 0 && stats.isFile() && stats.size === whole + torn) ftruncateSync(descriptor, whole);
  } catch {
    // What cannot be cut stays.
  }
}

/**
 * Standard output that is a file or a device: writes all of a text, or cuts off what arrived of it and throws. The stream that Node.js
 * gives passes over what the system did not take.
 * @throws {OutputError} from `write`, also from every later one
 */
export function fileSink(descriptor: number): TextSink {
  let whole = fstatSync(descriptor).size;
  let failure: OutputError | undefined;
  return {
    write(text) {
      if (failure) throw failure;
      const bytes = Buffer.from(text);
      let done = 0;
      try {
        while (done < bytes.length) done += writeSync(descriptor, bytes, done);
        whole += bytes.length;
      } catch (cause) {
        cutTorn(descriptor, whole, done);
        throw (failure = new OutputError('stdout', cause));
      }
    },
  };
}

/** Standard output of this process: the stream, or {@link fileSink} where that may lose text. */
export function openStdout(stream: NodeJS.WriteStream): TextSink {
  if (stream.isTTY) return stream;
  const stats = fstatSync(1);
  return stats.isFile() || stats.isCharacterDevice() ? fileSink(1) : stream;
}
