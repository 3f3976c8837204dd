/** How two pieces of text can match; the order is METEOR's. */
export const METEOR_STAGES = ['exact', 'stem', 'synonym', 'paraphrase'] as const;

/** One of METEOR's matchers. */
export type MeteorStage = (typeof METEOR_STAGES)[number];

/** A piece of the reference that stands for a piece of the candidate; starts and lengths in words of the normalised texts. */
export interface Match {
  readonly referenceStart: number;
  readonly referenceLength: number;
  readonly candidateStart: number;
  readonly candidateLength: number;
  readonly stage: MeteorStage;
}
