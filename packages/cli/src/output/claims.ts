import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../errors.js';
import { hasLinesOf, hasPictureMark } from './marks.js';

/** What a command writes to a file. */
export interface OutputKind {
  /** Such as `reports of crrg report`. */
  readonly name: string;
  /** Whether a file, by its content, was written so by us. */
  readonly isOurs: (file: string) => Promise<boolean>;
  /** Pipes and terminals will do. */
  readonly isStream: boolean;
}

/** Lines of JSON that begin with a schema of ours. */
export function linesKind(name: string, schema: string): OutputKind {
  return { name, isOurs: (file) => hasLinesOf(file, schema), isStream: true };
}

/** Overlays and plots. */
export const PICTURE_KIND: OutputKind = {
  name: 'a picture of crrg',
  isOurs: hasPictureMark,
  isStream: false,
};

/** Files that a command reads or will write: each may be one of them only. */
export interface OutputClaims {
  /**
   * Sets a file apart for output. Nothing is written.
   * @throws {UsageError} where it is an input, another output, or a file that we did not make
   */
  claim(output: {
    /** Such as `--overlay`. */
    readonly option: string;
    readonly file: string;
    readonly kind: OutputKind;
    /** What it is for, where the option stands for several. */
    readonly owner?: string | undefined;
  }): Promise<void>;
}

const withoutError = () => undefined;

/** The same for all names of one file: links, case where it does not count, detours through folders. */
async function identityOf(file: string): Promise<string> {
  const stats = await stat(file, { bigint: true }).catch(withoutError);
  if (stats) return `${stats.dev} ${stats.ino}`;
  const folder = path.dirname(path.resolve(file));
  return path.join(await realpath(folder).catch(() => folder), path.basename(file));
}

/** Why a file may not be replaced, if so. */
async function problemOf(file: string, kind: OutputKind): Promise<string | undefined> {
  const stats = await stat(file).catch(withoutError);
  if (!stats) return (await lstat(file).catch(withoutError)) ? 'a link to nothing' : undefined;
  if (stats.isDirectory()) return 'a folder';
  if (!stats.isFile()) {
    const isStream = stats.isCharacterDevice() || stats.isFIFO();
    return isStream && kind.isStream ? undefined : 'no regular file';
  }
  if (stats.size === 0) return undefined;
  return (await kind.isOurs(file).catch(() => false)) ? undefined : 'a file of another origin';
}

/** Claims of a command that reads these files. */
export async function createClaims(inputs: readonly string[]): Promise<OutputClaims> {
  const taken = new Map<string, string>();
  for (const file of inputs) taken.set(await identityOf(file), `is the input ${file}`);
  return {
    async claim({ option, file, kind, owner }) {
      const identity = await identityOf(file);
      const other = taken.get(identity);
      if (other !== undefined)
        throw new UsageError(
          `${option}: expected a file of its own${owner === undefined ? '' : ` for ${owner}`}, got ${file}, which ${other}; choose another name.`,
        );
      const problem = await problemOf(file, kind);
      if (problem !== undefined)
        throw new UsageError(
          `${option}: expected a new file or ${kind.name}, got ${file}, which is ${problem}; choose another name, or move what is there.`,
        );
      if (!(await isDevice(file))) taken.set(identity, `${owner ?? option} has`);
    },
  };
}

async function isDevice(file: string): Promise<boolean> {
  return (await stat(file).catch(withoutError))?.isFile() === false;
}
