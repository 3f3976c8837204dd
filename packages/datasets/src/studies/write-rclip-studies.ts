import path from 'node:path';
import { writeAtomically, writeFileAtomically, writeFully, writingTo } from '@crrg/core/node';
import type { StudySplit } from '../region-study.js';
import type { Rows } from '../table/csv-row.js';
import { formatRclipStudy, uniqueStudies, type RclipStudy } from './rclip-study.js';
import type { SkipCounts } from './skips.js';

/** What {@link writeRclipStudies} wrote: the data card beside the file. The same run gives the same card. */
export interface RclipDataCard {
  readonly schema: 'crrg/rclip-data-card/1';
  readonly source: string;
  readonly splits: Readonly<Partial<Record<StudySplit, RclipCounts>>>;
  /** What was left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Counts of a split. */
export interface RclipCounts {
  readonly studies: number;
  readonly images: number;
  readonly withText: number;
  /** Studies with (1) and without (0) each label. */
  readonly labels: Readonly<Record<string, readonly [without: number, with1: number]>>;
}

/** What {@link writeRclipStudies} needs to know. */
export interface WriteRclipOptions {
  /** Name of the data set, for the card and messages. */
  readonly source: string;
  readonly skips?: SkipCounts | undefined;
  readonly onStudy?: ((written: number) => void) | undefined;
}

const NOTHING: RclipCounts = { studies: 0, images: 0, withText: 0, labels: {} };

function counted(before: RclipCounts, { images, sections = [], labels = {} }: RclipStudy): RclipCounts {
  const counts = { ...before.labels };
  for (const [name, value] of Object.entries(labels)) {
    const [without, withIt] = counts[name] ?? [0, 0];
    counts[name] = value === 1 ? [without, withIt + 1] : [without + 1, withIt];
  }
  return {
    studies: before.studies + 1,
    images: before.images + images.length,
    withText: before.withText + Number(sections.length > 0),
    labels: counts,
  };
}

/** The study with paths that lead from the file to the images. */
function seenFrom(file: string, study: RclipStudy): RclipStudy {
  const folder = path.dirname(path.resolve(file));
  return { ...study, images: study.images.map((image) => path.relative(folder, path.resolve(image))) };
}

/** The card of a file of studies. */
export const rclipCardPath = (file: string): string => `${file}.card.json`;

/**
 * Writes studies as JSON lines, paths of images relative to the file, and a data card beside them (`FILE.card.json`). Both appear whole or not at all; one study is held at a time.
 * @throws {@link DataError} for a row that cannot be used, or an id that comes twice
 * @throws {@link OutputError} where a file cannot be written
 */
export async function writeRclipStudies(
  studies: Rows<RclipStudy>,
  file: string,
  { source, skips, onStudy }: WriteRclipOptions,
): Promise<RclipDataCard> {
  const splits: Partial<Record<StudySplit, RclipCounts>> = {};
  let written = 0;
  await writingTo(file, () =>
    writeAtomically(file, async (handle) => {
      for await (const study of uniqueStudies(studies, source)) {
        await writeFully(handle, Buffer.from(formatRclipStudy(seenFrom(file, study))));
        splits[study.split] = counted(splits[study.split] ?? NOTHING, study);
        onStudy?.((written += 1));
      }
    }),
  );
  const card: RclipDataCard = {
    schema: 'crrg/rclip-data-card/1',
    source,
    splits,
    skipped: { ...skips?.counts },
  };
  const cardFile = rclipCardPath(file);
  await writingTo(cardFile, () => writeFileAtomically(cardFile, `${JSON.stringify(card, undefined, 2)}\n`));
  return card;
}
