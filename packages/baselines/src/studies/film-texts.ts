import path from 'node:path';
import { DataError, type AbortOptions } from '@crrg/core';
import { readRegionStudies, type RegionStudy, type StudySplit } from '@crrg/datasets/node';
import { assembleReport } from '@crrg/report-gen';

/** A film of a region study with what a report says of it. */
export interface FilmText {
  /** `FILE: study ID`, for messages. */
  readonly subject: string;
  readonly id: string;
  readonly split: StudySplit;
  /** As the file of studies has it. */
  readonly image: string;
  /** A path that can be opened. */
  readonly file: string;
  /** Empty where nothing is said. */
  readonly text: string;
  /** Whose words: the study's report, or the sentences of its regions, in their order and each once. */
  readonly from: 'report' | 'regions';
}

/** The text of a study: its report where it has one, else the sentences of its regions, each once. */
export async function textOfStudy({
  report,
  regions,
}: Pick<RegionStudy, 'report' | 'regions'>): Promise<Pick<FilmText, 'text' | 'from'>> {
  if (report !== null && report.trim() !== '') return { text: report, from: 'report' };
  const { text } = await assembleReport(regions);
  return { text, from: 'regions' };
}

/** A study of a file as a film with its text. */
export async function filmTextOf(study: RegionStudy, studiesFile: string): Promise<FilmText> {
  const { id, split, image } = study;
  return {
    subject: `${studiesFile}: study ${id}`,
    id,
    split,
    image,
    file: path.resolve(path.dirname(studiesFile), image),
    ...(await textOfStudy(study)),
  };
}

/**
 * The films of a file of region studies with their texts.
 * @throws {DataError} with file and line for a line that is no study, and for a file without studies
 */
export async function readFilmTexts(file: string, { signal }: AbortOptions = {}): Promise<FilmText[]> {
  const films: FilmText[] = [];
  for await (const study of readRegionStudies(file, { signal })) films.push(await filmTextOf(study, file));
  if (films.length > 0) return films;
  throw new DataError(`baselines.readFilmTexts: expected studies in ${file}, got none; give another file.`);
}

/** The films of a split. */
export const filmsOf = (films: readonly FilmText[], split: StudySplit): FilmText[] =>
  films.filter((film) => film.split === split);

/** @throws {DataError} where a split that is worked on has nothing */
export function requireSplit(own: readonly unknown[], split: StudySplit, where: string): void {
  if (own.length > 0) return;
  throw new DataError(`${where}: expected studies of the split ${split}, got none; give another \`split\`.`);
}

/** Films of which something is said. */
export const withText = (films: readonly FilmText[]): FilmText[] => films.filter(({ text }) => text !== '');

/** What `readFilms` of `@crrg/train` takes. */
export const filmOwners = (films: readonly FilmText[]) =>
  films.map(({ subject, file }) => ({ subject, images: [file] }));
