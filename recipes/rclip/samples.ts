import type { Random } from '@crrg/core';
import { IMAGENET_PREPROCESSING, type CropAugmentationRanges, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import {
  augmentedFilmInput,
  plainFilmInput,
  shrinkFilm,
  type RclipSample,
  type RclipSampleSource,
} from '@crrg/train';
import { drawViews, fixedViews, type Study, type WordPieceTokenizer } from '@crrg/rclip';
import type { PneumoniaFilm } from './pneumonia-films.js';
import { weakStudy } from './weak-reports.js';

/** A film kept in memory, no larger than training needs. */
export interface LoadedFilm {
  readonly film: PneumoniaFilm;
  /** 8 bits. */
  readonly image: GreyImage;
  /** Sections of a report that a model wrote; where absent, one is made up from the labels. */
  readonly report?: readonly string[] | undefined;
}

/** Reads a film and shrinks it so that the smallest random crop of it still has `size` pixels. */
export async function loadFilm(film: PneumoniaFilm, size: number): Promise<LoadedFilm> {
  return { film, image: shrinkFilm(await decodeImage(film.file), size) };
}

/** `[3, S, S]` of a film as classification sees it. */
export function plainInput({ image }: LoadedFilm, size: number): Float32Array {
  return plainFilmInput(image, { ...IMAGENET_PREPROCESSING, size });
}

/** `[3, S, S]` of a film after a random change. */
export function augmentedInput(
  { image }: LoadedFilm,
  size: number,
  random: Random,
  ranges?: CropAugmentationRanges,
): Float32Array {
  return augmentedFilmInput(image, { ...IMAGENET_PREPROCESSING, size }, random, ranges);
}

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
export function sampleSource(loaded: LoadedFilm, options: SampleOptions): RclipSampleSource {
  const { tokenizer, size, maxLength, augment, ranges } = options;
  const tokens = (text: string) => tokenizer.encode(text, { maxLength }).tokenIds;
  const input = (random: Random) =>
    augment ? augmentedInput(loaded, size, random, ranges) : plainInput(loaded, size);
  return (random): RclipSample => {
    const study = studyOf(loaded, random);
    const { texts } = augment ? drawViews(study, random) : fixedViews(study);
    return { images: [input(random), input(random)], texts: [tokens(texts[0]), tokens(texts[1])] };
  };
}

function studyOf({ film, report }: LoadedFilm, random: Random): Study<PneumoniaFilm> {
  return report ? { id: film.file, images: [{ image: film }], sections: report } : weakStudy(film, random);
}
