/** The likeliest next tokens of each live beam of one sequence. */
export interface Candidates {
  /** Per beam, likeliest first; every beam has equally many. */
  readonly beams: readonly BeamCandidates[];
}

/** Token ids with their log-probabilities, likeliest first. */
export interface BeamCandidates {
  readonly tokenIds: ArrayLike<number>;
  readonly logProbs: ArrayLike<number>;
}

/** The beams that go on: a token and the index of the beam that it follows. */
export interface Continuation {
  readonly tokenIds: readonly number[];
  readonly parents: readonly number[];
}

/** A finished text. */
export interface Hypothesis {
  /** BOS, the generated tokens, and EOS where the model ended the text itself and room was left. */
  readonly tokenIds: readonly number[];
  /** True where the model ended the text itself, false where the length limit cut it. */
  readonly isComplete: boolean;
  /** Sum of log-probabilities divided by the number of tokens counting BOS but not EOS: what beams are ranked by. */
  readonly score: number;
  /** Mean natural log-probability of the generated tokens, EOS included. */
  readonly meanTokenLogProb: number;
}

/** Decides, for one sequence, which tokens to follow. Knows no model. */
export interface SequenceSearch {
  /** Takes the candidates of the live beams; gives the beams that go on, or undefined where the sequence is done. */
  advance(candidates: Candidates): Continuation | undefined;
  /** The best hypotheses, best first. */
  hypotheses(): Hypothesis[];
}

/** How texts are searched. */
export interface SearchOptions {
  /** 1 is greedy search. */
  readonly numBeams: number;
  /** Longest text in tokens, counting BOS. */
  readonly maxLength: number;
  /** Stop a sequence at `numBeams` hypotheses, instead of when no live beam could do better. */
  readonly earlyStopping: boolean;
  /** Hypotheses given per sequence; at most `numBeams`. */
  readonly numReturnSequences: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
}
