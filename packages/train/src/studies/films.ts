import { createHash } from 'node:crypto';
import { type Doubt, createProblemList } from '@crrg/core';
import { assertUsableRadiograph, type GreyImage } from '@crrg/image';
import { decodeRadiograph, readImageBytes } from '@crrg/image/node';
import { shrinkFilm } from '../rclip/film-input.js';
import type { TrainingStudy } from './read-studies.js';

/** Films kept in memory take at most so many bytes; the others are read again each time. */
const MEMORY_BYTES = 2 ** 31;

/** The films of all studies, every one read once. */
export interface Films {
  /** A film in 8 bits, no larger than training needs. */
  load(file: string): Promise<GreyImage>;
  /** SHA-256 of the bytes of a film. */
  sha256Of(file: string): string;
}

interface ReadFilm {
  readonly image: GreyImage;
  readonly sha256: string;
  readonly doubts: readonly Doubt[];
}

async function readFilm(file: string, size: number): Promise<ReadFilm> {
  const bytes = await readImageBytes(file);
  const { image, doubts } = await decodeRadiograph(bytes, { inputSize: size });
  assertUsableRadiograph(image);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { image: shrinkFilm(image, size), sha256, doubts };
}

/** Whose films are read: of a study, the paths and the line that names them. */
export type FilmOwner = Pick<TrainingStudy, 'images' | 'subject'>;

/** How {@link readFilms} reads. */
export interface ReadFilmsOptions {
  /** Side of the network input in pixels. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFilm?: ((done: number, total: number) => void) | undefined;
  /** Hears of the doubts about a film, with the line that names it. */
  readonly onDoubts?: ((subject: string, doubts: readonly Doubt[]) => void) | undefined;
  /** Doubts are problems. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** @defaultValue 2 GiB */
  readonly memoryBytes?: number | undefined;
}

/**
 * Reads the films of all studies, so that a bad one is known before training begins.
 * @throws {InputErrors} that name the line of every film that cannot be used, with `strict` also of every film in doubt
 */
export async function readFilms(
  studies: readonly FilmOwner[],
  { size, signal, onFilm, onDoubts, strict, memoryBytes = MEMORY_BYTES }: ReadFilmsOptions,
): Promise<Films> {
  const problems = createProblemList();
  const subjects = new Map(studies.flatMap(({ images, subject }) => images.map((file) => [file, subject])));
  const kept = new Map<string, GreyImage>();
  const hashes = new Map<string, string>();
  let bytesLeft = memoryBytes;
  for (const [index, [file, subject]] of [...subjects].entries()) {
    signal?.throwIfAborted();
    onFilm?.(index + 1, subjects.size);
    try {
      const { image, sha256, doubts } = await readFilm(file, size);
      if (strict) for (const doubt of doubts) problems.add(subject, `doubt ${doubt.code}: ${doubt.message}`);
      else if (doubts.length > 0) onDoubts?.(subject, doubts);
      hashes.set(file, sha256);
      bytesLeft -= image.data.byteLength;
      if (bytesLeft >= 0) kept.set(file, image);
    } catch (error) {
      problems.addError(subject, error);
    }
  }
  problems.check();
  return {
    load: async (file) => kept.get(file) ?? (await readFilm(file, size)).image,
    sha256Of: (file) => hashes.get(file)!,
  };
}
