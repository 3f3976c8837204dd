import type { AnatomicalRegion } from '@crrg/core';

const OTHER_SIDE = { right: 'left', left: 'right' } as const;

type Side = keyof typeof OTHER_SIDE;

/** Regions with a side; the right atrium is a part of the heart and can be seen from both. */
const SIDED = /^(right|left) (?!atrium)/;

/** Words that name a part of the heart, a great vessel or a device by a side, wherever in the chest they are seen. */
const OF_A_NAME =
  '(?:ventric|atri|heart|bundle|main|coronary|pulmonary|aort|internal jugular|ij|subclavian|picc|port|central|chest (?:tube|wall)|pacemaker|arm|upper extremity|approach)';

/** Whether a text names a place on a side: "right lung", "left-sided", "on the left". */
const places = (side: Side, text: string) =>
  new RegExp(`\\b${side}\\b(?![- ](?:sided )?${OF_A_NAME})`, 'i').test(text);

/**
 * Whether the sentence of a region on one side speaks of the other side alone. Sentences are read in English only; one that names both
 * sides, or neither, is taken to speak of its region.
 */
export function speaksOfOtherSide(region: AnatomicalRegion, sentence: string): boolean {
  const side = SIDED.exec(region)?.[1] as Side | undefined;
  return (
    side !== undefined &&
    places(OTHER_SIDE[side], sentence) &&
    !new RegExp(`\\b${side}\\b`, 'i').test(sentence)
  );
}
