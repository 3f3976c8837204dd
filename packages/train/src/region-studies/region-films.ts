import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createProblemList, type Box, type Doubt, type ProblemList, type Size } from '@crrg/core';
import { assertUsableRadiograph, fitLongestSide, type GreyImage } from '@crrg/image';
import { decodeRadiograph, readImageBytes } from '@crrg/image/node';
import { openJsonl, type JsonlWriter } from '@crrg/train-loop/node';
import type { RegionEntry } from './read-entries.js';

/** Films kept in memory take at most so many bytes at the network's size; the others are read again each time. */
const MEMORY_BYTES = 2 ** 30;

/** A film, its longer side that of the network, and the size of the file's picture. */
export interface RegionFilm {
  readonly image: GreyImage;
  readonly original: Size;
}

/** Films of region studies, read from disk as they are asked for. */
export interface RegionFilms {
  load(file: string): Promise<RegionFilm>;
  /** SHA-256 of the bytes of a film. */
  sha256Of(file: string): string;
}

/** What is known of a film that was looked at: a line of the index. */
interface IndexedFilm extends Size {
  readonly file: string;
  readonly bytes: number;
  readonly modified: number;
  readonly sha256: string;
  readonly doubts: readonly Doubt[];
}

/** How {@link openRegionFilms} reads. */
export interface RegionFilmsOptions {
  /** Side of the network input in pixels. */
  readonly size: number;
  /** Gets a line a film, so that a run that goes on does not look at it again. */
  readonly index: string;
  readonly signal?: AbortSignal | undefined;
  readonly onFilm?: ((done: number, total: number) => void) | undefined;
  readonly onDoubts?: ((subject: string, doubts: readonly Doubt[]) => void) | undefined;
  /** Doubts are problems. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** @defaultValue 1 GiB */
  readonly memoryBytes?: number | undefined;
}

async function readIndex(file: string): Promise<Map<string, IndexedFilm>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const films = text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as IndexedFilm];
    } catch {
      // The rest of a line that a killed process was writing.
      return [];
    }
  });
  return new Map(films.map((film) => [film.file, film]));
}

/** A cache of films that takes as many as there is room for. */
class FilmMemory {
  readonly #films = new Map<string, RegionFilm>();
  constructor(
    readonly size: number,
    private bytesLeft: number,
  ) {}

  keep(file: string, decoded: GreyImage): RegionFilm {
    const { width, height } = decoded;
    const film = { image: fitLongestSide(decoded, this.size), original: { width, height } };
    const { byteLength } = film.image.data;
    if (byteLength > this.bytesLeft || this.#films.has(file)) return film;
    this.bytesLeft -= byteLength;
    this.#films.set(file, film);
    return film;
  }

  get(file: string): RegionFilm | undefined {
    return this.#films.get(file);
  }
}

async function inspect(file: string, memory: FilmMemory): Promise<IndexedFilm> {
  const { size: bytes, mtimeMs: modified } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
  const content = await readImageBytes(file);
  const { image, doubts } = await decodeRadiograph(content, { inputSize: memory.size });
  assertUsableRadiograph(image);
  memory.keep(file, image);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const { width, height } = image;
  return { file, bytes, modified, sha256, width, height, doubts };
}

async function isUnchanged({ file, bytes, modified }: IndexedFilm): Promise<boolean> {
  const now = await stat(file).catch(() => undefined);
  return now?.size === bytes && now.mtimeMs === modified;
}

const isOutside = ({ x1, y1, x2, y2 }: Box, { width, height }: Size) =>
  x1 >= width || y1 >= height || x2 <= 0 || y2 <= 0;

function checkBoxes({ study, subject }: RegionEntry, size: Size, problems: ProblemList): void {
  const outside = study.regions.filter(({ box }) => box && isOutside(box, size)).length;
  if (outside > 0)
    problems.add(
      subject,
      `expected boxes in the film of ${size.width} x ${size.height} pixels, got ${outside} outside; boxes are in pixels of the stored film.`,
    );
}

/** What the index knows of a film, looked at now where it does not. */
async function lookUp(
  file: string,
  known: Map<string, IndexedFilm>,
  { memory, log }: { readonly memory: FilmMemory; readonly log: JsonlWriter },
): Promise<IndexedFilm> {
  const indexed = known.get(file);
  if (indexed && (await isUnchanged(indexed))) return indexed;
  const film = await inspect(file, memory);
  log.write({ ...film, doubts: film.doubts.map((doubt) => ({ ...doubt })) });
  known.set(file, film);
  return film;
}

/**
 * Looks at every film, so that a bad one is known before training begins, and gives them as they are asked for: what there is room for
 * stays in memory at the network's size, the others are read again.
 * @throws {InputErrors} that name every film that cannot be used or has a box outside, with `strict` also every film in doubt
 */
export async function openRegionFilms(
  entries: readonly RegionEntry[],
  { size, index, signal, onFilm, onDoubts, strict, memoryBytes = MEMORY_BYTES }: RegionFilmsOptions,
): Promise<RegionFilms> {
  const problems = createProblemList();
  const known = await readIndex(index);
  const memory = new FilmMemory(size, memoryBytes);
  const log = openJsonl(index);
  try {
    for (const [at, entry] of entries.entries()) {
      signal?.throwIfAborted();
      onFilm?.(at + 1, entries.length);
      try {
        const film = await lookUp(entry.file, known, { memory, log });
        for (const { code, message } of strict ? film.doubts : [])
          problems.add(entry.subject, `doubt ${code}: ${message}`);
        if (!strict && film.doubts.length > 0) onDoubts?.(entry.subject, film.doubts);
        checkBoxes(entry, film, problems);
      } catch (error) {
        problems.addError(entry.subject, error);
      }
    }
  } finally {
    log.close();
  }
  problems.check();
  return {
    load: async (file) =>
      memory.get(file) ?? memory.keep(file, (await decodeRadiograph(file, { inputSize: size })).image),
    sha256Of: (file) => known.get(file)!.sha256,
  };
}
