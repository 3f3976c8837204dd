import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, stat, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError } from '@crrg/core';
import { takeLock, writeFileAtomically, writeFully, writingTo } from '@crrg/core/node';

/** The format of `run.json`. */
const RUN_SCHEMA = 'crrg/evaluation-run/1';

/** Everything that what is said of a film depends on, as plain JSON. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** The films of an evaluation that are done, in a folder that a later run goes on with. */
export interface FilmLog<Film> {
  /** Films of earlier runs by id. */
  readonly done: ReadonlyMap<string, Film>;
  /** Adds a film; on return it is in the file. */
  add(film: Film): Promise<void>;
  close(): Promise<void>;
}

const missing = (error: unknown) => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
};

/** Files that an evaluation writes beside `run.json`. */
const OWN_FILES = ['films.jsonl', 'evaluation.json', 'predictions.csv', 'chexbert-input.csv', 'index.html'];

async function findOwnFile(folder: string): Promise<string | undefined> {
  for (const name of OWN_FILES) {
    const stats = await stat(path.join(folder, name)).catch(missing);
    if (stats && stats.size > 0) return name;
  }
  return undefined;
}

/**
 * Takes a folder for an evaluation with these settings: a new one, or one of the same evaluation.
 * @throws {ConfigError} for a folder of another evaluation, or one with files of another origin that would be replaced
 */
export async function takeRun(folder: string, settings: RunSettings): Promise<void> {
  const file = path.join(folder, 'run.json');
  const text = await readFile(file, 'utf8').catch(missing);
  const wanted: RunSettings = { schema: RUN_SCHEMA, ...settings };
  if (text === undefined) {
    const foreign = await findOwnFile(folder);
    if (foreign !== undefined)
      throw new ConfigError(
        `evaluate: expected a new folder or one of an evaluation, got ${folder} with ${foreign} and no run.json; choose another folder.`,
      );
    await writingTo(file, () => writeFileAtomically(file, `${JSON.stringify(wanted, undefined, 2)}\n`));
    return;
  }
  const found = parseObject(text);
  const differing = Object.keys({ ...found, ...wanted }).filter(
    (name) => JSON.stringify(found[name]) !== JSON.stringify(wanted[name]),
  );
  if (differing.length > 0)
    throw new ConfigError(
      `evaluate: expected ${folder} to be new or of the same evaluation, got one with another ${differing.join(', ')}; choose another folder, or remove this one to begin again.`,
    );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The whole lines of an earlier run, and how many bytes they take; a line that was cut off in the middle is not one. */
async function readDone<Film extends { readonly id: string }>(
  file: string,
  schema: string,
): Promise<{ done: Map<string, Film>; bytes: number }> {
  const done = new Map<string, Film>();
  const size = (await stat(file).catch(missing))?.size;
  if (size === undefined) return { done, bytes: 0 };
  let bytes = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const length = Buffer.byteLength(line) + 1;
    const film = parseObject(line);
    if (film['schema'] !== schema || bytes + length > size) break;
    done.set(String(film['id']), film as unknown as Film);
    bytes += length;
  }
  return { done, bytes };
}

/**
 * Opens the films of an evaluation in a folder, new or of an earlier run with the same settings.
 * @throws {ConfigError} for a folder of another evaluation, or one that another run writes
 * @throws {OutputError} where it cannot be written
 */
export async function openFilmLog<Film extends { readonly id: string }>(
  folder: string,
  schema: string,
  settings: RunSettings,
): Promise<FilmLog<Film>> {
  await writingTo(folder, () => mkdir(folder, { recursive: true }));
  const file = path.join(folder, 'films.jsonl');
  const lock = await writingTo(folder, () => takeLock(`${file}.lock`));
  if (!lock)
    throw new ConfigError(
      `evaluate: expected a folder that no other run writes, got ${folder} with the lock ${file}.lock; wait for that run, or choose another folder.`,
    );
  let handle: FileHandle | undefined;
  try {
    await takeRun(folder, settings);
    const { done, bytes } = await readDone<Film>(file, schema);
    handle = await writingTo(file, () => open(file, 'a'));
    await writingTo(file, () => truncate(file, bytes));
    let length = bytes;
    const opened = handle;
    return {
      done,
      add: (film) =>
        writingTo(file, async () => {
          const line = Buffer.from(`${JSON.stringify(film)}\n`);
          try {
            await writeFully(opened, line);
          } catch (error) {
            await opened.truncate(length).catch(() => undefined);
            throw error;
          }
          length += line.length;
        }),
      close: async () => {
        try {
          await writingTo(file, () => opened.sync());
        } finally {
          await opened.close();
          await lock.release();
        }
      },
    };
  } catch (error) {
    await handle?.close();
    await lock.release();
    throw error;
  }
}
