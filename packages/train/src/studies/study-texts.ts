import { createProblemList } from '@crrg/core';
import type { WordPieceTokenizer } from '@crrg/rclip';
import type { Films } from './films.js';
import type { TrainingStudy } from './read-studies.js';

/** Studies that have more than labels. */
export const withSections = (studies: readonly TrainingStudy[]): TrainingStudy[] =>
  studies.filter(({ sections }) => sections.length > 0);

/**
 * The studies that have a text, with only those sections that hold words. Studies with labels and no section are left to the probe.
 * @throws {InputErrors} that name the line of every study whose sections hold no word, or that has neither sections nor labels
 */
export function withOriginalTexts(
  studies: readonly TrainingStudy[],
  tokenizer: WordPieceTokenizer,
): TrainingStudy[] {
  const problems = createProblemList();
  const described = studies.flatMap((study) => {
    const rows = [...study.sections.keys()].filter(
      (row) => tokenizer.tokenize(study.sections[row]!).length > 0,
    );
    const sections = rows.map((row) => study.sections[row]!);
    const others = study.backTranslations && rows.map((row) => study.backTranslations![row]!);
    if (sections.length > 0) return [{ ...study, sections, ...(others && { backTranslations: others }) }];
    if (study.labels.size === 0 || study.sections.length > 0)
      problems.add(
        study.subject,
        'expected sections with words, got none; give sections, or labels alone, or train on `text` generated.',
      );
    return [];
  });
  problems.check();
  return described;
}

/**
 * The studies whose films have a report with words, with these reports as their sections.
 * @param reports text by SHA-256 of the film
 * @throws {InputErrors} that name the line of every study with a film that has no report at all
 */
export function withGeneratedTexts(
  studies: readonly TrainingStudy[],
  films: Films,
  reports: ReadonlyMap<string, string>,
  tokenizer: WordPieceTokenizer,
): TrainingStudy[] {
  const problems = createProblemList();
  const described = studies.flatMap((study) => {
    const texts = study.images.map((file) => reports.get(films.sha256Of(file)));
    const absent = texts.filter((text) => text === undefined).length;
    if (absent > 0)
      problems.add(
        study.subject,
        `expected a report of each film, got none of ${absent} of ${texts.length}; write them with crrg report --jsonl.`,
      );
    const sections = texts.filter((text) => text !== undefined && tokenizer.tokenize(text).length > 0);
    const { backTranslations: _, ...rest } = study;
    return sections.length > 0 ? [{ ...rest, sections: sections as string[] }] : [];
  });
  problems.check();
  return described;
}
