import { ANATOMICAL_REGIONS, type AnatomicalRegion, type Random } from '@crrg/core';

/** What the model learns about one region. */
export interface RegionTarget {
  /** Undefined: the region is not worth a sentence. */
  readonly phrase: string | undefined;
  readonly isAbnormal: boolean;
}

/**
 * The regions that get a sentence. A film's labels name no place, so that a sentence about a zone would be a guess, and zones of one film
 * would contradict each other and the lung around them.
 */
const DESCRIBED: readonly AnatomicalRegion[] = ['right lung', 'left lung'];

/** The regions that a finding of the lungs makes abnormal, wherever it lies. */
const OF_THE_LUNGS: readonly AnatomicalRegion[] = [
  ...DESCRIBED,
  'right upper lung zone',
  'right mid lung zone',
  'right lower lung zone',
  'left upper lung zone',
  'left mid lung zone',
  'left lower lung zone',
];

/** Labels of NIH ChestX-ray14 that a film shows as an opacity of the lungs. */
const OPACITY_LABELS: readonly string[] = ['Pneumonia', 'Consolidation', 'Infiltration'];

type Side = 'right' | 'left';

/**
 * As many wordings for a healthy lung as for a sick one, of the same lengths in tokens, and one first word for each meaning: search takes
 * the likeliest text, not the likeliest meaning. A meaning that is spread over more beginnings loses, and one with the longer wording wins, since
 * beams are compared by their mean log-probability. Each names its lung, or two lungs told apart would read as a contradiction.
 */
const PHRASES = {
  healthy: (side: Side) => [
    `The ${side} lung is clear and well aerated.`,
    `The ${side} lung is clear and free of opacities.`,
  ],
  sick: (side: Side) => [
    `An opacity in the ${side} lung suggests pneumonia.`,
    `An opacity in the ${side} lung may represent pneumonia.`,
  ],
} as const;

/** True where a film's labels say that its lungs are not clear. */
export function isSick(labels: readonly string[]): boolean {
  return labels.some((label) => OPACITY_LABELS.includes(label));
}

/**
 * What each of the 29 regions of a film teaches, in our own words, from the film's weak labels. Both lungs tell one story.
 * @param labels undefined: not known, so that nothing is said
 * @param random decides the wording
 */
export function regionTargets(labels: readonly string[] | undefined, random: Random): RegionTarget[] {
  const sick = labels !== undefined && isSick(labels);
  const phrasesOf = PHRASES[sick ? 'sick' : 'healthy'];
  const phraseOf = (region: AnatomicalRegion) => {
    const wordings = phrasesOf(region.startsWith('right') ? 'right' : 'left');
    return wordings[random.integer(wordings.length)];
  };
  return ANATOMICAL_REGIONS.map((region) => ({
    phrase: labels && DESCRIBED.includes(region) ? phraseOf(region) : undefined,
    isAbnormal: sick && OF_THE_LUNGS.includes(region),
  }));
}

/** Every phrase once: the corpus of the tokenizer and of the language model's text-only stage. */
export function allPhrases(): string[] {
  return (['right', 'left'] as const).flatMap((side) => [...PHRASES.healthy(side), ...PHRASES.sick(side)]);
}
