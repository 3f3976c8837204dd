import type { Random } from '@crrg/core';
import type { CropPreprocessConfig } from '@crrg/image';
import { augmentedFilmInput, plainFilmInput, type ProbeFilm, type RclipSampleSource } from '@crrg/train';
import { drawViews, fixedViews, type WordPieceTokenizer } from '@crrg/rclip';
import type { Films } from './films.js';
import type { TrainingStudy } from './studies.js';

/** What network inputs of films are made with. */
export interface InputOptions {
  readonly films: Films;
  readonly preprocessing: CropPreprocessConfig;
}

/** What samples of pre-training are made with. */
export interface SampleOptions extends InputOptions {
  readonly tokenizer: WordPieceTokenizer;
  readonly maxLength: number;
  /** Draw views and changes of the picture anew each time; otherwise always the same. */
  readonly augment: boolean;
}

/** Two views of a study: two films or twice the same, two sections or twice the same. */
export function sampleSource(
  { id, images, sections }: TrainingStudy,
  { films, preprocessing, tokenizer, maxLength, augment }: SampleOptions,
): RclipSampleSource {
  const study = { id, images: images.map((image) => ({ image })), sections };
  const tokens = (text: string) => tokenizer.encode(text, { maxLength }).tokenIds;
  return async (random) => {
    const { images: files, texts } = augment ? drawViews(study, random) : fixedViews(study);
    const [first, second] = [await films.load(files[0]), await films.load(files[1])];
    const input = (image: typeof first) =>
      augment ? augmentedFilmInput(image, preprocessing, random) : plainFilmInput(image, preprocessing);
    return { images: [input(first), input(second)], texts: [tokens(texts[0]), tokens(texts[1])] };
  };
}

/** Every film of the studies with the labels of its study, each read when it is asked for; changed at random where there is a generator. */
export async function* probeFilms(
  studies: readonly TrainingStudy[],
  labels: readonly string[],
  { films, preprocessing }: InputOptions,
  random?: Random,
): AsyncGenerator<ProbeFilm> {
  for (const study of studies) {
    const targets = labels.map((name) => study.labels.get(name)!);
    for (const file of study.images) {
      const image = await films.load(file);
      const input = random
        ? augmentedFilmInput(image, preprocessing, random)
        : plainFilmInput(image, preprocessing);
      yield { input, targets };
    }
  }
}
