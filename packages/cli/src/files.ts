import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './errors.js';
import { listFilmExtensions } from './film-extensions.js';
import { isFilmFile, type FilmFormat } from './film-files.js';
import { printable } from './format/text.js';
import type { CliIo } from './io.js';
import { PICTURE_KIND, type OutputClaims } from './output/claims.js';

const OVERLAY_EXTENSION = /\.(svg|png)$/i;
const NAME = '{name}';

/** What of a folder is no film and is left out; files whose names begin with a dot are not counted. */
interface LeftOut {
  readonly folder: string;
  readonly files: number;
  readonly folders: number;
}

/** The films that were asked for. */
export interface Films {
  readonly paths: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** A single file was named, rather than several or a folder. */
  readonly isSingle: boolean;
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** `2 other files and 1 subfolder`; empty where nothing is left out. */
function countLeftOut({ files, folders }: LeftOut): string {
  const some = (count: number, what: string) =>
    count > 0 ? [`${count} ${what}${count > 1 ? 's' : ''}`] : [];
  return [...some(files, 'other file'), ...some(folders, 'subfolder')].join(' and ');
}

const MISSING: Readonly<Record<FilmFormat, string>> = {
  any: `no ${listFilmExtensions('or')} file and no other DICOM file`,
  dicom: 'no DICOM file',
};

async function filmsIn(folder: string, format: FilmFormat): Promise<{ paths: string[]; leftOut: LeftOut }> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith('.'),
  );
  const folders = entries.filter((entry) => entry.isDirectory());
  const paths: string[] = [];
  for (const { name } of entries.filter((entry) => !entry.isDirectory())) {
    const file = path.join(folder, name);
    if (await isFilmFile(file, format)) paths.push(file);
  }
  const leftOut = {
    folder,
    files: entries.length - folders.length - paths.length,
    folders: folders.length,
  };
  const rest = countLeftOut(leftOut);
  if (paths.length === 0)
    throw new UsageError(
      `${folder}: has ${MISSING[format]}${rest && `, only ${rest}`}; name a file or another folder.`,
    );
  return { paths: paths.sort(), leftOut };
}

/**
 * Files as they are, existing or not, and the films of folders, sorted by name, each file once; subfolders are not searched, files whose names begin
 * with a dot are passed over. `format` chooses what of a folder is taken.
 * @throws {UsageError} for a folder without films
 */
export async function listFilms(names: readonly string[], format: FilmFormat = 'any'): Promise<Films> {
  const paths: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of names) {
    if (!(await isFolder(name))) {
      paths.push(name);
      continue;
    }
    const found = await filmsIn(name, format);
    paths.push(...found.paths);
    leftOut.push(found.leftOut);
  }
  return { paths: withoutRepeats(paths), leftOut, isSingle: names.length === 1 && leftOut.length === 0 };
}

/** One path for each file that several name, such as `film.png` and `./film.png`: the first. */
function withoutRepeats(paths: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const file of paths) if (!first.has(path.resolve(file))) first.set(path.resolve(file), file);
  return [...first.values()];
}

/** Says what of the named folders is no film. */
export function sayLeftOut({ leftOut }: Films, { stderr }: CliIo): void {
  for (const each of leftOut) {
    const what = countLeftOut(each);
    if (what) stderr.write(`crrg: ${printable(each.folder)}: left out ${what}\n`);
  }
}

/** What results call each film: its base name, or the path that was given where two share one. */
export function filmNames({ paths }: Films): Map<string, string> {
  const uses = new Map<string, number>();
  for (const file of paths) uses.set(path.basename(file), (uses.get(path.basename(file)) ?? 0) + 1);
  return new Map(
    paths.map((file) => [file, uses.get(path.basename(file)) === 1 ? path.basename(file) : file]),
  );
}

/** Name without folder and extension; the last number of a UID is none. */
function stemOf(file: string): string {
  return path.basename(file).replace(/\.(?!\d+$)[^.]+$/, '');
}

/** `--overlay` as a pattern: a file, a pattern with `{name}`, or a folder. */
async function overlayPattern(output: string, isSingle: boolean): Promise<string> {
  const isNamedFolder = output.endsWith('/') || output.endsWith(path.sep) || path.extname(output) === '';
  if (isNamedFolder || (await isFolder(output))) return path.join(output, `${NAME}.svg`);
  if (!OVERLAY_EXTENSION.test(output))
    throw new UsageError(`--overlay: expected a name that ends in .svg or .png, or a folder, got ${output}.`);
  if (!isSingle && !output.includes(NAME))
    throw new UsageError(
      `--overlay: expected a folder or a name with {name} for several pictures, got ${output}; for example overlays/{name}.png.`,
    );
  return output;
}

/**
 * Where the overlay of each picture goes.
 * @throws {UsageError} where two films would share a file, or one would replace a film or a file that we did not make
 */
export async function planOverlays(
  output: string,
  films: Films,
  claims: OutputClaims,
): Promise<Map<string, string>> {
  const pattern = await overlayPattern(output, films.isSingle);
  const plan = new Map<string, string>();
  for (const file of films.paths) {
    const target = pattern.replaceAll(NAME, stemOf(file));
    await claims.claim({ option: '--overlay', file: target, kind: PICTURE_KIND, owner: file });
    plan.set(file, target);
  }
  return plan;
}
