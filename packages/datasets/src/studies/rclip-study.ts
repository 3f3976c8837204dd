import { DataError } from '@crrg/core';
import type { StudySplit } from '../region-study.js';
import type { Rows } from '../table/csv-row.js';

/** Films of one examination with what is known of them: one line of a file of R-CLIP studies (JSON lines). */
export interface RclipStudy {
  /** Unique in the file. */
  readonly id: string;
  readonly patient?: string | undefined;
  readonly split: StudySplit;
  /** Paths, relative to the file of studies or absolute. */
  readonly images: readonly string[];
  /** What each image shows; null where unknown. */
  readonly views?: readonly (string | null)[] | undefined;
  /** Texts of the report. */
  readonly sections?: readonly string[] | undefined;
  /** Every section in other words, in order; null where there are none. */
  readonly backTranslations?: readonly (string | null)[] | undefined;
  /** 1 there, 0 not there; what is not listed is not known. */
  readonly labels?: Readonly<Record<string, 0 | 1>> | undefined;
}

/** A study as one line of JSON, line end included. */
export function formatRclipStudy(study: RclipStudy): string {
  const { id, patient, split, images, views, sections, backTranslations, labels } = study;
  return `${JSON.stringify({ id, patient, split, images, views, sections, backTranslations, labels })}\n`;
}

/**
 * The studies, one after the other, each id once.
 * @param name of the source, for messages
 * @param before ids of earlier studies
 * @throws {@link DataError} where an id comes again
 */
export async function* uniqueStudies(
  studies: Rows<RclipStudy>,
  name: string,
  before: readonly string[] = [],
): AsyncGenerator<RclipStudy> {
  const ids = new Set<string>(before);
  for await (const study of studies) {
    if (ids.has(study.id))
      throw new DataError(
        `${name}: study ${ids.size + 1}: expected an id of its own, got that of an earlier study; read each source once.`,
      );
    ids.add(study.id);
    yield study;
  }
}
