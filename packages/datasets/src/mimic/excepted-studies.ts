/**
 * Studies without a findings section that the section parser published with MIMIC-CXR lists by hand.
 *
 * Source: docs/reference/mimic-cxr-tables.md#studies-always-skipped.
 */
const EXCEPTED_STUDIES: ReadonlySet<string> = new Set(
  `
  50058765 50196495 50525523 50743547 50798377 50808053 50913680 51410602 51491012
  51966317 52035334 52119491 52648681 52674888 53071062 53182247 53202765 53356173
  53488209 53514462 53607029 54168089 54231141 54365831 54654948 54875119 54986978
  55124749 55157853 55258338 56412866 56451190 56482935 56579911 56724958 56760320
  57150433 57564132 57936451 58157373 58235663 58375018 59003148 59067458 59087630
  59215320 59279892 59330497 59363654 59505494 59562049 59768032 59889364 59982525
  `
    .trim()
    .split(/\s+/),
);

/** Whether the section parser of MIMIC-CXR has a rule of its own for a study, so that no findings are taken from it. @param study without the `s` */
export const isExceptedStudy = (study: string): boolean => EXCEPTED_STUDIES.has(study);
