import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { takeLock, writingTo } from '@crrg/core/node';
import { buildImagenomeStudies, type StudyOutcome } from '../imagenome/build-studies.js';
import type { PhraseMode } from '../imagenome/headings.js';
import { locateImagenome, type ImagenomeRoots } from '../imagenome/roots.js';
import { formatRegionStudy } from '../region-studies/lines.js';
import { readRegionStudies } from '../region-studies/read.js';
import type { StudySplit } from '../region-study.js';
import { countSkipped, countStudy, writeDataCard, type CountsBySplit, type DataCard } from './data-card.js';
import { openPartFile, type PartFile } from './part-file.js';

/** How a file of region studies is made of Chest ImaGenome. */
export interface WriteImagenomeOptions {
  readonly roots: ImagenomeRoots;
  /** The file of studies (JSON lines); its data card is `OUT.card.json`. */
  readonly out: string;
  /** @defaultValue 'strict' */
  readonly mode?: PhraseMode | undefined;
  /** @defaultValue train, valid, test */
  readonly splits?: readonly StudySplit[] | undefined;
  /** Rows between two notes of where to go on. @defaultValue 500 */
  readonly checkpointRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each row of the lists. */
  readonly onOutcome?: ((outcome: StudyOutcome) => void) | undefined;
}

const absolute = ({ imagenome, reports, pictures }: ImagenomeRoots): ImagenomeRoots => ({
  imagenome: path.resolve(imagenome),
  reports: path.resolve(reports),
  pictures: path.resolve(pictures),
});

/** What tells two runs apart: where a list has changed, its rows may be others. */
async function settingsOf(
  options: WriteImagenomeOptions,
  roots: ImagenomeRoots,
): Promise<DataCard['settings']> {
  const { mode = 'strict', splits = ['train', 'valid', 'test'] } = options;
  const files = await locateImagenome(roots.imagenome);
  const listBytes: Record<string, number> = {};
  for (const split of splits)
    listBytes[split] = (await stat(files.splitList(split)).catch(() => ({ size: 0 }))).size;
  return { ...roots, mode, splits, listBytes };
}

async function idsOf(file: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readRegionStudies(file)) ids.push(id);
  return ids;
}

const rowsDone = (counts: CountsBySplit) =>
  Object.fromEntries(Object.entries(counts).map(([split, { listed }]) => [split, listed]));

async function writeOutcomes(
  part: PartFile<CountsBySplit>,
  options: WriteImagenomeOptions,
  roots: ImagenomeRoots,
): Promise<CountsBySplit> {
  let counts: CountsBySplit = part.resumed ?? {};
  const resume = { rowsDone: rowsDone(counts), images: part.resumed ? await idsOf(part.path) : [] };
  const { checkpointRows = 500, signal, onOutcome, mode, splits } = options;
  let rows = 0;
  try {
    for await (const outcome of buildImagenomeStudies({ roots, resume, mode, splits, signal })) {
      if (outcome.kind === 'study') {
        await part.write(formatRegionStudy(outcome.study));
        counts = countStudy(counts, outcome.study, outcome.reversedBoxes);
      } else counts = countSkipped(counts, outcome.listed.split, outcome.reason);
      onOutcome?.(outcome);
      if (++rows % checkpointRows === 0) await part.checkpoint(counts);
    }
  } catch (error) {
    // What is done is kept for the next run; the first error is the one to tell.
    await part.checkpoint(counts).catch(() => undefined);
    throw error;
  }
  await part.checkpoint(counts);
  return counts;
}

/**
 * Writes the region studies of Chest ImaGenome to a file, and a data card beside it. The file has its name only when it is whole; a run that
 * was stopped or killed is taken up by the next one with the same options, to the same bytes.
 *
 * @example
 * ```ts
 * const card = await writeImagenomeStudies({ roots, out: 'studies.jsonl' });
 * ```
 * @throws {@link DataError} with file and line for a list that cannot be used; {@link OutputError} for a full disk; the reason of an abort
 */
export async function writeImagenomeStudies(options: WriteImagenomeOptions): Promise<DataCard> {
  const { out } = options;
  const roots = absolute(options.roots);
  const settings = await settingsOf(options, roots);
  const lock = await writingTo(out, () => takeLock(`${out}.lock`));
  if (!lock)
    throw new DataError(`${out}: expected no other run that writes this file, got one; wait for it.`);
  try {
    const part = await openPartFile<CountsBySplit>(out, JSON.stringify(settings));
    let counts: CountsBySplit;
    try {
      counts = await writeOutcomes(part, options, roots);
    } catch (error) {
      await part.close();
      throw error;
    }
    const card: DataCard = {
      schema: 'crrg/data-card/1',
      source: 'Chest ImaGenome, MIMIC-CXR and MIMIC-CXR-JPG',
      settings,
      splits: counts as DataCard['splits'],
    };
    await writeDataCard(out, card);
    await part.finish();
    return card;
  } finally {
    await lock.release();
  }
}
