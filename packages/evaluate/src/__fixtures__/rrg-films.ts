import { ANATOMICAL_REGIONS, type AnatomicalRegion, type Box } from '@crrg/core';
import { RRG_FILM_SCHEMA, type LeakyRegion, type RegionReference, type RrgFilm } from '../rrg/film.js';

/** A box of these corners. */
export const box = (x1: number, y1: number, x2: number, y2: number): Box => ({ x1, y1, x2, y2 });

/** What is said and known of a region; one without a box was not detected. */
export interface RegionOfFilm {
  readonly box?: Box;
  readonly sentence?: string;
  readonly score?: number;
  readonly isAbnormal?: boolean;
  readonly reference?: Partial<RegionReference>;
  readonly withReferenceLeak?: LeakyRegion;
}

/** A film of 100x100 pixels with these regions; the others were not detected, and nobody said anything about them. */
export function filmOf(
  id: string,
  regions: Readonly<Partial<Record<AnatomicalRegion, RegionOfFilm>>>,
  fields: Partial<RrgFilm> = {},
): RrgFilm {
  const sentences = ANATOMICAL_REGIONS.flatMap((name) => regions[name]?.sentence ?? []);
  return {
    schema: RRG_FILM_SCHEMA,
    id,
    image: `${id}.png`,
    patient: id,
    view: null,
    width: 100,
    height: 100,
    text: sentences.join(' '),
    report: null,
    doubts: [],
    regions: ANATOMICAL_REGIONS.map((name) => {
      const region = regions[name] ?? {};
      const { sentence, score = 0.5, isAbnormal = false, reference, withReferenceLeak } = region;
      return {
        name,
        status: sentence !== undefined ? 'described' : region.box ? 'detected' : 'not-detected',
        box: region.box ?? null,
        detectionScore: region.box ? score : 0,
        selectionScore: region.box ? score : 0,
        abnormalityScore: region.box ? score : 0,
        isAbnormal,
        ...(sentence !== undefined && { sentence }),
        ...(reference && { reference: { box: null, text: '', abnormal: false, ...reference } }),
        ...(withReferenceLeak && { withReferenceLeak }),
      };
    }),
    ...fields,
  };
}
