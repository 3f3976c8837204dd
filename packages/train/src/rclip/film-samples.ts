import type { Random } from '@crrg/core';
import type { CropAugmentationRanges, CropPreprocessConfig, GreyImage } from '@crrg/image';
import { drawViews, fixedViews, type Study, type WordPieceTokenizer } from '@crrg/rclip';
import type { ProbeFilm } from '../probe/fit-probe.js';
import { augmentedFilmInput, plainFilmInput } from './film-input.js';
import type { RclipSampleSource } from './train-rclip.js';

/** What network inputs of films are made with. `Film` is whatever stands for a film, such as its path. */
export interface FilmInputOptions<Film> {
  /** A film in 8 bits, as `shrinkFilm` gives it. */
  readonly load: (film: Film) => Promise<GreyImage> | GreyImage;
  readonly preprocessing: CropPreprocessConfig;
  /** How far random changes go. @defaultValue as the reference */
  readonly ranges?: CropAugmentationRanges | undefined;
}

/** What samples of pre-training are made with. */
export interface RclipSampleOptions<Film> extends FilmInputOptions<Film> {
  readonly tokenizer: WordPieceTokenizer;
  /** Longest text in tokens. */
  readonly maxLength: number;
  /** Draw views and changes of the picture anew each time; otherwise always the same. */
  readonly augment: boolean;
}

/**
 * Two views of a study, as `trainRclip` takes them: two films or twice the same, two sections or twice the same.
 * @param study or how one is made up, anew for each sample
 *
 * @example
 * ```ts
 * const train = studies.map((study) => rclipSampleSource(study, { load, preprocessing, tokenizer, maxLength: 256, augment: true }));
 * ```
 */
export function rclipSampleSource<Film>(
  study: Study<Film> | ((random: Random) => Study<Film>),
  { load, preprocessing, ranges, tokenizer, maxLength, augment }: RclipSampleOptions<Film>,
): RclipSampleSource {
  const tokens = (text: string) => tokenizer.encode(text, { maxLength }).tokenIds;
  return async (random) => {
    const given = typeof study === 'function' ? study(random) : study;
    const { images, texts } = augment ? drawViews(given, random) : fixedViews(given);
    const [first, second] = [await load(images[0]), await load(images[1])];
    const input = (image: GreyImage) =>
      augment
        ? augmentedFilmInput(image, preprocessing, random, ranges)
        : plainFilmInput(image, preprocessing);
    return { images: [input(first), input(second)], texts: [tokens(texts[0]), tokens(texts[1])] };
  };
}

/** A film with what is known of it. */
export interface LabelledFilm<Film> {
  readonly film: Film;
  /** 0 or 1 for every label of the probe; NaN where it was not assessed. */
  readonly targets: readonly number[];
}

/** Films as `encodeFilms` takes them, each read when it is asked for; changed at random where there is a generator. */
export async function* probeFilms<Film>(
  films: Iterable<LabelledFilm<Film>>,
  { load, preprocessing, ranges }: FilmInputOptions<Film>,
  random?: Random,
): AsyncGenerator<ProbeFilm> {
  for (const { film, targets } of films) {
    const image = await load(film);
    const input = random
      ? augmentedFilmInput(image, preprocessing, random, ranges)
      : plainFilmInput(image, preprocessing);
    yield { input, targets };
  }
}
