import { DataError } from '@crrg/core';

/** One radiograph of a study. */
export interface StudyImage<I> {
  /** The picture, or whatever leads to it: a path, an index. */
  readonly image: I;
  /** How it was taken: `AP`, `PA`, `LATERAL`. Left out where unknown. */
  readonly view?: string | undefined;
}

/** Radiographs and report of one examination: what contrastive training draws its pairs from. */
export interface Study<I> {
  /** Names the study in errors. */
  readonly id?: string | undefined;
  /** At least one. */
  readonly images: readonly StudyImage<I>[];
  /** Sections of the report, such as findings and impression; empty ones are passed over. */
  readonly sections: readonly string[];
  /**
   * Every section translated to another language and back, in the order of `sections`; undefined or empty for a section without.
   * @defaultValue none
   */
  readonly backTranslations?: readonly (string | undefined)[] | undefined;
}

/** A section with its other wording, where there is one. */
export interface SectionText {
  readonly original: string;
  readonly backTranslation: string | undefined;
}

/**
 * The sections of a study that hold text.
 * @throws {@link DataError} where there is none, or the back-translations do not match
 */
export function sectionTexts<I>(study: Study<I>): SectionText[] {
  const { sections, backTranslations = [] } = study;
  if (study.backTranslations && backTranslations.length !== sections.length)
    throw studyError(
      study,
      `${sections.length} back-translations`,
      `${backTranslations.length}`,
      'give one per section',
    );
  const texts = sections.flatMap((original, index) =>
    isBlank(original) ? [] : [{ original, backTranslation: textOrNone(backTranslations[index]) }],
  );
  if (texts.length > 0) return texts;
  throw studyError(study, 'a section with text', 'none', 'leave such studies out');
}

/** The images of a study. @throws {@link DataError} where there is none */
export function studyImages<I>(study: Study<I>): readonly StudyImage<I>[] {
  if (study.images.length > 0) return study.images;
  throw studyError(study, 'at least one image', 'none', 'leave such studies out');
}

function textOrNone(text: string | undefined): string | undefined {
  return text === undefined || isBlank(text) ? undefined : text;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function studyError(study: Study<unknown>, expected: string, got: string, remedy: string): DataError {
  const which = study.id === undefined ? '' : ` of study ${study.id}`;
  return new DataError(`rclip.views${which}: expected ${expected}, got ${got}; ${remedy}.`);
}
