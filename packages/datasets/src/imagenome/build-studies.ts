import type { RegionStudy, StudySplit } from '../region-study.js';
import { countReversedBoxes, rrgRowToStudy } from '../rrg/to-study.js';
import { buildRrgRows, type BuildRowsOptions } from './build-rows.js';
import type { ImageOutcome, ListedImage, SkipReason } from './outcomes.js';

/** Why an image of a split list becomes no study. */
export type StudySkipReason = SkipReason | 'listed before';

/** What became of a listed image. */
export type StudyOutcome =
  | {
      readonly kind: 'study';
      readonly listed: ListedImage;
      readonly study: RegionStudy;
      /** Boxes with x1 > x2 or y1 > y2, which the study does not hold. */
      readonly reversedBoxes: number;
    }
  | {
      readonly kind: 'skipped';
      readonly listed: ListedImage;
      readonly reason: StudySkipReason;
      readonly problem?: string | undefined;
    };

/** How images become studies. */
export interface BuildStudiesOptions extends Omit<BuildRowsOptions, 'split' | 'skipRows'> {
  /** @defaultValue train, valid, test */
  readonly splits?: readonly StudySplit[] | undefined;
  /** Where to go on: rows of the lists that are done, and the images that became studies in them. */
  readonly resume?:
    { readonly rowsDone: Partial<Record<StudySplit, number>>; readonly images: Iterable<string> } | undefined;
}

function outcomeOf(outcome: ImageOutcome, seen: Set<string>): StudyOutcome {
  const { listed } = outcome;
  if (outcome.kind === 'skipped') {
    const { reason, problem } = outcome;
    return { kind: 'skipped', listed, reason, ...(problem !== undefined && { problem }) };
  }
  if (seen.has(listed.image)) return { kind: 'skipped', listed, reason: 'listed before' };
  seen.add(listed.image);
  const study = rrgRowToStudy(outcome.row, { split: listed.split, view: listed.view });
  return { kind: 'study', listed, study, reversedBoxes: countReversedBoxes(outcome.row) };
}

/**
 * Region studies from Chest ImaGenome, MIMIC-CXR and MIMIC-CXR-JPG, one after the other; each image that becomes none comes with its reason. As
 * {@link buildRrgRows}, but an id stands once: an image that is listed again is passed over.
 *
 * @example
 * ```ts
 * for await (const outcome of buildImagenomeStudies({ roots }))
 *   if (outcome.kind === 'study') console.log(outcome.study.id);
 * ```
 * @throws {@link DataError} with file and line for a split list that cannot be used; the reason of an abort
 */
export async function* buildImagenomeStudies(options: BuildStudiesOptions): AsyncGenerator<StudyOutcome> {
  const { splits = ['train', 'valid', 'test'], resume, ...rest } = options;
  const seen = new Set(resume?.images);
  for (const split of splits) {
    const skipRows = resume?.rowsDone[split] ?? 0;
    for await (const outcome of buildRrgRows({ ...rest, split, skipRows })) yield outcomeOf(outcome, seen);
  }
}
