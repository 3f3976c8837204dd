import type { AnatomicalRegion, Box } from '@crrg/core';

/** Which part of a data set a study belongs to. */
export type StudySplit = 'train' | 'valid' | 'test';

/** What is known of one of the 29 regions of a film. */
export interface RegionAnnotation {
  readonly region: AnatomicalRegion;
  /** Pixels of the image; null where the region has no usable box. */
  readonly box: Box | null;
  /** What the report says of the region; empty where nothing. */
  readonly text: string;
  readonly abnormal: boolean;
}

/** One film with its annotated regions: one line of a file of region studies (JSON lines). */
export interface RegionStudy {
  /** Path of the film, relative to the file of studies or absolute. */
  readonly image: string;
  /** Unique in the file. */
  readonly id: string;
  readonly patient: string | null;
  readonly study: string | null;
  readonly split: StudySplit;
  /** `AP`, `PA` or as the data set has it; null where unknown. */
  readonly view: string | null;
  /** In the order of `ANATOMICAL_REGIONS`; a region that is not listed was not annotated, which says nothing about it. */
  readonly regions: readonly RegionAnnotation[];
  /** The reference report; null where there is none. */
  readonly report: string | null;
}
