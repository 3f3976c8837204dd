import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './errors.js';

const IMAGE_EXTENSION = /\.(png|jpe?g)$/i;
const OVERLAY_EXTENSION = /\.(svg|png)$/i;
const NAME = '{name}';

/** The pictures that were asked for. */
export interface Pictures {
  readonly paths: readonly string[];
  /** A single file was named, rather than several or a folder. */
  readonly isSingle: boolean;
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function picturesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory() && IMAGE_EXTENSION.test(entry.name));
  if (files.length === 0)
    throw new UsageError(`${folder}: has no .png, .jpg or .jpeg file; name a file or another folder.`);
  return files
    .map(({ name }) => name)
    .sort()
    .map((name) => path.join(folder, name));
}

/**
 * Files as they are, existing or not, and the pictures of folders, sorted by name; subfolders are not searched.
 * @throws {UsageError} for a folder without pictures
 */
export async function listPictures(names: readonly string[]): Promise<Pictures> {
  const paths: string[] = [];
  let hasFolder = false;
  for (const name of names) {
    const isOne = await isFolder(name);
    hasFolder ||= isOne;
    paths.push(...(isOne ? await picturesIn(name) : [name]));
  }
  return { paths: [...new Set(paths)], isSingle: names.length === 1 && !hasFolder };
}

/** Name without folder and extension. */
function stemOf(file: string): string {
  return path.basename(file).replace(/\.[^.]+$/, '');
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
 * @throws {UsageError} where two pictures would share a file, or one would replace a picture
 */
export async function planOverlays(output: string, pictures: Pictures): Promise<Map<string, string>> {
  const pattern = await overlayPattern(output, pictures.isSingle);
  const plan = new Map<string, string>();
  const taken = new Map(pictures.paths.map((file) => [path.resolve(file), file]));
  for (const file of pictures.paths) {
    const target = pattern.replaceAll(NAME, stemOf(file));
    const other = taken.get(path.resolve(target));
    if (other !== undefined)
      throw new UsageError(
        `--overlay: expected a file of its own for ${file}, got ${target}, which ${other} has; choose another name.`,
      );
    taken.set(path.resolve(target), file);
    plan.set(file, target);
  }
  return plan;
}

/** Writes a file under a temporary name and renames it; makes its folder. */
export async function writeFileAtomically(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
