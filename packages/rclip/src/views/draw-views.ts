import type { Random } from '@crrg/core';
import { sectionTexts, studyImages, type SectionText, type Study, type StudyImage } from './study.js';

/** Two images and two texts of one study. */
export interface StudyViews<I> {
  /** Of a study with one suitable image it is here twice, to be augmented twice. */
  readonly images: readonly [I, I];
  /** Two wordings or sections; the same text twice where the study has no other. */
  readonly texts: readonly [string, string];
}

/**
 * Views of a study for one step of training, drawn anew at every call.
 *
 * Images: of three or more kinds of view, one image each of two different kinds; of two kinds, any two images; of one kind, two
 * images of that kind where there are two. Texts: of several sections, two drawn independently, each replaced by its
 * back-translation half of the time; of one section, the original and its back-translation in random order.
 *
 * Source: docs/reference/rclip.md#views, as intended: the reference mixes up its list where a study has three kinds of view.
 * @throws `DataError` for a study without image or text
 *
 * @example
 * ```ts
 * const { images, texts } = drawViews(study, random);
 * const inputs = images.map((film) => preprocessAugmentedCrop(film, drawCropAugmentation(random, film)));
 * ```
 */
export function drawViews<I>(study: Study<I>, random: Random): StudyViews<I> {
  return { images: drawImages(studyImages(study), random), texts: drawTexts(sectionTexts(study), random) };
}

/**
 * The same views of a study at every call, for validation: the first images that training may pair, the first two sections; of one
 * section the original and its back-translation. The reference draws these at random, which makes its validation loss noisy.
 *
 * Source: docs/reference/rclip.md#views.
 * @throws `DataError` for a study without image or text
 */
export function fixedViews<I>(study: Study<I>): StudyViews<I> {
  const [section, otherSection] = sectionTexts(study);
  const { original, backTranslation = original } = section!;
  return {
    images: firstImages(studyImages(study)),
    texts: [original, otherSection?.original ?? backTranslation],
  };
}

function drawImages<I>(images: readonly StudyImage<I>[], random: Random): [I, I] {
  const pools = imagePools(images);
  if (pools.length === 1) return drawTwo(pools[0]!, random);
  const [one, other] = drawTwo(pools, random);
  return [pick(one, random), pick(other, random)];
}

function firstImages<I>(images: readonly StudyImage<I>[]): [I, I] {
  const [pool, otherPool] = imagePools(images);
  const [first, second = first] = pool!;
  return [first!, otherPool ? otherPool[0]! : second!];
}

/** One pool, of which any two images may be drawn, or a pool per kind of view, for one image each of two pools. */
function imagePools<I>(images: readonly StudyImage<I>[]): I[][] {
  const byView = new Map<string, I[]>();
  for (const { image, view } of images)
    if (view !== undefined) byView.set(view, [...(byView.get(view) ?? []), image]);
  const isMixed = byView.size === 0 || byView.size === 2;
  return isMixed ? [images.map(({ image }) => image)] : [...byView.values()];
}

function drawTexts(sections: readonly SectionText[], random: Random): [string, string] {
  if (sections.length === 1) {
    const { original, backTranslation = original } = sections[0]!;
    return random.next() < 0.5 ? [original, backTranslation] : [backTranslation, original];
  }
  const draw = () => {
    const { original, backTranslation = original } = pick(sections, random);
    return random.next() < 0.5 ? original : backTranslation;
  };
  return [draw(), draw()];
}

/** Two different items in random order; the only one twice. */
function drawTwo<T>(items: readonly T[], random: Random): [T, T] {
  const [first, second = first] = random.shuffle(items);
  return [first!, second!];
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)]!;
}
