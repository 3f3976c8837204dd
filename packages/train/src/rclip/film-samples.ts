import type { Random } from '@crrg/core';
import type { CropAugmentationRanges, CropPreprocessConfig, GreyImage } from '@crrg/image';
import { drawViews, fixedViews, type Study, type WordPieceTokenizer } from '@crrg/rclip';
import { splitSentences } from '@crrg/report-gen';
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
  /** What of a text is read: all of it, or one of its sentences, drawn anew each time, as ConVIRT does. @defaultValue 'whole' */
  readonly text?: 'whole' | 'sentence' | undefined;
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
  { load, preprocessing, ranges, tokenizer, maxLength, augment, text = 'whole' }: RclipSampleOptions<Film>,
): RclipSampleSource {
  const tokens = (given: string) => tokenizer.encode(given, { maxLength }).tokenIds;
  const read = (given: string, random: Random) => {
    const sentences = text === 'sentence' ? splitSentences(given) : [];
    return tokens(sentences.length > 0 ? sentences[random.integer(sentences.length)]! : given);
  };
  return async (random) => {
    const given = typeof study === 'function' ? study(random) : study;
    const { images, texts } = augment ? drawViews(given, random) : fixedViews(given);
    const [first, second] = [await load(images[0]), await load(images[1])];
    const input = (image: GreyImage) =>
      augment
        ? augmentedFilmInput(image, preprocessing, random, ranges)
        : plainFilmInput(image, preprocessing);
    const inputs = [input(first), input(second)] as const;
    return { images: inputs, texts: [read(texts[0], random), read(texts[1], random)] };
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
