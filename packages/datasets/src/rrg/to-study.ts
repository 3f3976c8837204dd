import { ANATOMICAL_REGIONS, DataError, type AnatomicalRegion } from '@crrg/core';
import { isOrdered } from '../imagenome/boxes.js';
import type { RegionAnnotation, RegionStudy, StudySplit } from '../region-study.js';
import type { RrgRow } from './row.js';

/** How many boxes of a row have x1 >= x2 or y1 >= y2. A study holds none of them, where RGRG's reader drops the whole image. */
export const countReversedBoxes = ({ regions }: RrgRow): number =>
  regions.filter(({ box }) => box !== null && !isOrdered(box)).length;

/**
 * A row of RGRG's tables as a region study. Boxes that are not in order become null; {@link countReversedBoxes} tells how many.
 * @param view `AP`, `PA` or as the data set has it, which the tables do not hold. @defaultValue null
 */
export function rrgRowToStudy(
  row: RrgRow,
  { split, view = null }: { readonly split: StudySplit; readonly view?: string | null | undefined },
): RegionStudy {
  return {
    image: row.path,
    id: row.image,
    patient: row.subject,
    study: row.study,
    split,
    view,
    regions: row.regions.map((region) =>
      region.box && !isOrdered(region.box) ? { ...region, box: null } : region,
    ),
    report: row.referenceReport,
  };
}

const nothingOf = (region: AnatomicalRegion): RegionAnnotation => ({
  region,
  box: null,
  text: '',
  abnormal: false,
});

function stated(study: RegionStudy, field: 'patient' | 'study'): string {
  const value = study[field];
  if (value !== null) return value;
  throw new DataError(
    `datasets.studyToRrgRow: expected a ${field} for each study, got none; the tables of RGRG need one.`,
  );
}

/**
 * A region study as a row of RGRG's tables, which know no regions that were not annotated: those become regions without box and text.
 * @throws {@link DataError} where the study names no patient or no study
 */
export function studyToRrgRow(study: RegionStudy): RrgRow {
  const byRegion = new Map(study.regions.map((region) => [region.region, region]));
  return {
    subject: stated(study, 'patient'),
    study: stated(study, 'study'),
    image: study.id,
    path: study.image,
    regions: ANATOMICAL_REGIONS.map((region) => byRegion.get(region) ?? nothingOf(region)),
    referenceReport: study.report,
  };
}
