import { DataError, type Random } from '@crrg/core';
import type { CxrClipRow } from './row.js';

/** Two images, or two texts, that training sees as views of one study. */
export type Pair = readonly [first: string, second: string];

/** How {@link imagePairGroups} draws. */
export interface ImagePairOptions {
  readonly isTraining: boolean;
  /**
   * With three views and more, what is drawn: `different-views` takes one image each of two views; `reference` has the fault of CXR-CLIP, which
   * overwrites its list and so stays within one view.
   * @defaultValue 'different-views'
   */
  readonly threeViews?: 'different-views' | 'reference' | undefined;
}

const asPair = (images: readonly string[]): Pair => [images[0]!, images[1] ?? images[0]!];

/** The list of the second view drawn, one random image of it appended: images 1 and 2 are its first two. */
const faultyGroups = (lists: readonly (readonly string[])[]): Pair[][] => lists.map((list) => [asPair(list)]);

/** Two views without replacement, of each one image. */
function differentViews(lists: readonly (readonly string[])[]): Pair[][] {
  return lists.flatMap((first, at) =>
    lists
      .filter((_, other) => other !== at)
      .map((second) => first.flatMap((one) => second.map((two): Pair => [one, two]))),
  );
}

function orderedPairs(images: readonly string[]): Pair[] {
  if (images.length === 1) return [asPair(images)];
  return images.flatMap((one, at) =>
    images.filter((_, other) => other !== at).map((two): Pair => [one, two]),
  );
}

/**
 * Every pair of images that can be drawn for a study: a group is drawn first, then a pair of it, each as likely as the others. Three views
 * and more: see `threeViews`. Two: any two images of the study, also of views without a column. One: images of that view alone. None: any
 * images of the study. A single image is paired with itself. In validation the first two of these images, always.
 *
 * Source: docs/reference/rclip.md#views and docs/reference/traps.md#t22.
 */
export function imagePairGroups(row: CxrClipRow, options: ImagePairOptions): Pair[][] {
  const { images, views, byView } = row;
  if (views === undefined) return [[asPair(images)]];
  if (views.length > 2) {
    const lists = views.map((view) => byView.get(view)!);
    return options.threeViews === 'reference' ? faultyGroups(lists) : differentViews(lists);
  }
  const candidates = views.length === 1 ? byView.get(views[0]!)! : images;
  return [options.isTraining ? orderedPairs(candidates) : [asPair(candidates)]];
}

/**
 * Every pair of texts that can be drawn for a study, each as likely as the others. Two sections and more: any two, the same twice too, each as it is
 * or translated back. One: the original and its back-translation, in either order. Training and validation draw alike.
 *
 * Source: docs/reference/rclip.md#views.
 * @throws {@link DataError} for a study without a section
 */
export function textPairs({ sections = [], augmented }: CxrClipRow): Pair[] {
  const [only] = sections;
  if (only === undefined)
    throw new DataError('datasets.textPairs: expected a section, got none; leave the study out.');
  if (sections.length === 1) {
    const other = augmented?.[0] ?? only;
    return [
      [only, other],
      [other, only],
    ];
  }
  const texts = augmented ? [...sections, ...augmented] : sections;
  return texts.flatMap((one) => texts.map((two): Pair => [one, two]));
}

const pick = <T>(items: readonly T[], random: Random): T => items[random.integer(items.length)]!;

/** One pair of {@link imagePairGroups}. */
export const drawImagePair = (row: CxrClipRow, options: ImagePairOptions, random: Random): Pair =>
  pick(pick(imagePairGroups(row, options), random), random);

/** One pair of {@link textPairs}. */
export const drawTextPair = (row: CxrClipRow, random: Random): Pair => pick(textPairs(row), random);
