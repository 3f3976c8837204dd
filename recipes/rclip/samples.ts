import type { Random } from '@crrg/core';
import { computeSha256 } from '@crrg/checkpoints';
import { IMAGENET_PREPROCESSING, type CropAugmentationRanges, type GreyImage } from '@crrg/image';
import { decodeImage, readImageBytes } from '@crrg/image/node';
import type { Study, WordPieceTokenizer } from '@crrg/rclip';
import {
  rclipSampleSource,
  shrinkFilm,
  type FilmInputOptions,
  type LabelledFilm,
  type RclipSampleSource,
} from '@crrg/train';
import type { PneumoniaFilm } from './pneumonia-films.js';
import { weakStudy } from './weak-reports.js';

/** A film kept in memory, no larger than training needs. */
export interface LoadedFilm {
  readonly film: PneumoniaFilm;
  /** 8 bits. */
  readonly image: GreyImage;
  /** Of the bytes of its file. */
  readonly sha256: string;
  /** Sections of a report that a model wrote; where absent, one is made up from the labels. */
  readonly report?: readonly string[] | undefined;
}

/** Reads a film and shrinks it so that the smallest random crop of it still has `size` pixels. */
export async function loadFilm(film: PneumoniaFilm, size: number): Promise<LoadedFilm> {
  const bytes = await readImageBytes(film.file);
  const image = shrinkFilm(await decodeImage(bytes), size);
  return { film, image, sha256: await computeSha256(bytes) };
}

/** What network inputs of `size` pixels are made with. */
export const inputOptions = (size: number): FilmInputOptions<LoadedFilm> => ({
  load: ({ image }) => image,
  preprocessing: { ...IMAGENET_PREPROCESSING, size },
});

/** What samples need beside the film. */
export interface SampleOptions {
  readonly tokenizer: WordPieceTokenizer;
  readonly size: number;
  readonly maxLength: number;
  /** Draw views, wordings and changes of the picture anew each time; otherwise always the same. */
  readonly augment: boolean;
  /** @defaultValue those of the reference */
  readonly ranges?: CropAugmentationRanges | undefined;
}

/** Two views of a film and two wordings of its report. */
export function sampleSource(loaded: LoadedFilm, { size, ...options }: SampleOptions): RclipSampleSource {
  return rclipSampleSource((random) => studyOf(loaded, random), { ...inputOptions(size), ...options });
}

function studyOf(loaded: LoadedFilm, random: Random): Study<LoadedFilm> {
  const images = [{ image: loaded }];
  const { film, report } = loaded;
  return report ? { id: film.file, images, sections: report } : { ...weakStudy(film, random), images };
}

/** A film as the probe learns it. */
export const labelled = (film: LoadedFilm): LabelledFilm<LoadedFilm> => ({
  film,
  targets: [film.film.isPneumonia ? 1 : 0],
});
