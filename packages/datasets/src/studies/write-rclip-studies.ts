import path from 'node:path';
import { DataError } from '@crrg/core';
import { takeLock, writeAtomically, writeFileAtomically, writeFully, writingTo } from '@crrg/core/node';
import { readLines } from '../files/lines.js';
import type { StudySplit } from '../region-study.js';
import { openPartFile, type PartFile } from '../study-file/part-file.js';
import type { Rows } from '../table/csv-row.js';
import { formatRclipStudy, uniqueStudies, type RclipStudy } from './rclip-study.js';
import type { SkipCounts } from './skips.js';
import type { UnitLog, UnitState } from './unit-log.js';

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

type SplitCounts = Partial<Record<StudySplit, RclipCounts>>;

/** What {@link writeRclipStudies} needs to know. */
export interface WriteRclipOptions {
  /** Name of the data set, for the card and messages. */
  readonly source: string;
  readonly skips?: SkipCounts | undefined;
  readonly onStudy?: ((written: number) => void) | undefined;
}

/** What {@link writeRclipSource} needs to know. */
export interface WriteRclipSourceOptions extends Omit<WriteRclipOptions, 'skips'> {
  /** What tells two runs apart, such as folder, options and sizes of lists: a run goes on only with a part of the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The log that the source was given. */
  readonly units: UnitLog;
  /** Studies between two notes of where to go on. @defaultValue 500 */
  readonly checkpointStudies?: number | undefined;
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

async function writeCard(
  file: string,
  source: string,
  splits: SplitCounts,
  skips: SkipCounts | undefined,
): Promise<RclipDataCard> {
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
  const splits: SplitCounts = {};
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
  return writeCard(file, source, splits, skips);
}

/** Where a later run goes on. */
interface Progress {
  readonly unit: UnitState;
  readonly splits: SplitCounts;
  readonly written: number;
}

async function idsOf(file: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { text } of readLines(file)) ids.push((JSON.parse(text) as RclipStudy).id);
  return ids;
}

async function writePart(
  part: PartFile<Progress>,
  studies: Rows<RclipStudy>,
  file: string,
  { source, units, onStudy, checkpointStudies = 500 }: WriteRclipSourceOptions,
): Promise<SplitCounts> {
  let progress: Progress = part.resumed ?? { unit: units.state(), splits: {}, written: 0 };
  const before = part.resumed ? await idsOf(part.path) : [];
  if (part.resumed) units.resume(part.resumed.unit);
  try {
    for await (const study of uniqueStudies(studies, source, before)) {
      await part.write(formatRclipStudy(seenFrom(file, study)));
      const splits = {
        ...progress.splits,
        [study.split]: counted(progress.splits[study.split] ?? NOTHING, study),
      };
      progress = { unit: units.state(), splits, written: progress.written + 1 };
      onStudy?.(progress.written);
      if (progress.written % checkpointStudies === 0) await part.checkpoint(progress);
    }
  } catch (error) {
    // What is done is kept for the next run; the first error is the one to tell.
    const kept = progress.written > 0 ? part.checkpoint(progress) : part.discard();
    await kept.catch(() => undefined);
    throw error;
  }
  await part.checkpoint(progress);
  return progress.splits;
}

/**
 * Like {@link writeRclipStudies}, of a source that was given a {@link UnitLog}: a run that was stopped or killed is taken up by the next one with the same
 * settings, to the same bytes.
 *
 * @example
 * ```ts
 * const units = createUnitLog();
 * const studies = readNihStudies('nih', { units, skips: units.skips });
 * await writeRclipSource(studies, 'nih.jsonl', { source: 'nih', units, settings: { root: path.resolve('nih') } });
 * ```
 * @throws as {@link writeRclipStudies}; {@link DataError} where another run writes the file
 */
export async function writeRclipSource(
  studies: Rows<RclipStudy>,
  file: string,
  options: WriteRclipSourceOptions,
): Promise<RclipDataCard> {
  const { source, settings, units } = options;
  const lock = await writingTo(file, () => takeLock(`${file}.lock`));
  if (!lock)
    throw new DataError(`${file}: expected no other run that writes this file, got one; wait for it.`);
  try {
    const part = await openPartFile<Progress>(file, JSON.stringify({ source, ...settings }));
    let splits: SplitCounts;
    try {
      splits = await writePart(part, studies, file, options);
    } catch (error) {
      await part.close();
      throw error;
    }
    const card = await writeCard(file, source, splits, units.skips);
    await part.finish();
    return card;
  } finally {
    await lock.release();
  }
}
