import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeAtomically, writeFully, writingTo } from '@crrg/core/node';

const STATE_SCHEMA = 'crrg/data-part/1';

/** What is written so far, and what the writer needs to go on. */
export interface PartState<Progress> {
  /** What the run was asked for; another run does not go on with its part. */
  readonly settings: string;
  readonly progress: Progress;
}

/** A file in the making, under a temporary name, that a later run can go on with. */
export interface PartFile<Progress> {
  /** Where to go on; undefined for a new file. */
  readonly resumed: Progress | undefined;
  /** The file under its temporary name; holds what `resumed` tells of, until more is written. */
  readonly path: string;
  write(text: string): Promise<void>;
  /** Makes what was written durable, and notes where to go on. */
  checkpoint(progress: Progress): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Closes it and leaves it for a later run. */
  close(): Promise<void>;
  /** Closes and removes it, where there is nothing to go on with. */
  discard(): Promise<void>;
}

interface StoredState<Progress> extends PartState<Progress> {
  readonly schema: string;
  readonly bytes: number;
}

/** Characters that are held back, so that not every line is a call of the system. */
const BUFFER = 1 << 16;

const partOf = (file: string) => `${file}.part`;
const stateOf = (file: string) => `${file}.part.json`;

/** The note of an earlier run, where it is one of the same run and its part is there as far as it tells. */
async function readState<Progress>(
  file: string,
  settings: string,
): Promise<StoredState<Progress> | undefined> {
  try {
    const state = JSON.parse(await readFile(stateOf(file), 'utf8')) as StoredState<Progress>;
    const isSame = state.schema === STATE_SCHEMA && state.settings === settings;
    return isSame && (await stat(partOf(file))).size >= state.bytes ? state : undefined;
  } catch {
    return undefined;
  }
}

/** What was written behind the last note is cut off. */
async function openPart(part: string, bytes: number | undefined): Promise<FileHandle> {
  if (bytes === undefined) return open(part, 'w');
  const handle = await open(part, 'r+');
  await handle.truncate(bytes);
  return handle;
}

/**
 * Opens a file that is written under the name `FILE.part` beside a note `FILE.part.json`, and goes on where an earlier run with the same settings
 * stopped, even if it was killed.
 * @throws {@link OutputError} where it cannot be written
 */
export async function openPartFile<Progress>(file: string, settings: string): Promise<PartFile<Progress>> {
  const [part, note] = [partOf(file), stateOf(file)];
  const state = await readState<Progress>(file, settings);
  const handle = await writingTo(part, () => openPart(part, state?.bytes));
  let bytes = state?.bytes ?? 0;
  let held = '';
  /** What was held stays held until it is written whole: a note must never tell of lines that are not there. */
  const flush = async () => {
    const data = Buffer.from(held);
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await handle.write(data, done, data.length - done, bytes + done);
      done += bytesWritten;
    }
    held = '';
    bytes += data.length;
  };
  return {
    resumed: state?.progress,
    path: part,
    write: async (text) => {
      held += text;
      if (held.length >= BUFFER) await writingTo(part, flush);
    },
    checkpoint: (progress) =>
      writingTo(part, async () => {
        await flush();
        await handle.sync();
        const stored: StoredState<Progress> = { schema: STATE_SCHEMA, settings, progress, bytes };
        await writeAtomically(note, (target) => writeFully(target, Buffer.from(JSON.stringify(stored))));
      }),
    finish: () =>
      writingTo(file, async () => {
        await flush();
        await handle.sync();
        await handle.close();
        await rename(part, file);
        await syncFolder(path.dirname(path.resolve(file)));
        await rm(note, { force: true });
      }),
    close: () => handle.close(),
    discard: async () => {
      await handle.close();
      for (const each of [part, note]) await rm(each, { force: true });
    },
  };
}
