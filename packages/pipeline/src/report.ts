import type { AnatomicalRegion, Box, Doubt } from '@crrg/core';
import type { LabelResult, ModelReference } from './classification.js';
import type { ReportInput } from './radiograph.js';

/** The format of {@link Report}. */
export const REPORT_SCHEMA = 'crrg/report/1';

/** Whether a region got a sentence, was only found, or was not found. */
export type RegionStatus = 'described' | 'detected' | 'not-detected';

/** One of the 29 regions. */
export interface RegionResult {
  readonly name: AnatomicalRegion;
  readonly status: RegionStatus;
  /** Pixels of the `image`; null where the region was not detected. */
  readonly box: Box | null;
  /** Probability of the region for its box; 0 where not detected. */
  readonly detectionScore: number;
  /** Probability that the region deserves a sentence; 0 where not detected: nothing was assessed. */
  readonly selectionScore: number;
  /** Probability that the region looks abnormal; 0 where not detected: nothing was assessed. */
  readonly abnormalityScore: number;
}

/** What the report says of one region. */
export interface Finding {
  readonly region: AnatomicalRegion;
  readonly sentence: string;
  /** Pixels of the `image`. */
  readonly box: Box;
  /** Mean natural log-probability of the sentence's tokens: how sure the generator was of its words, not of the finding. */
  readonly meanTokenLogProb: number;
}

/** Everything needed to tell how a report came about. */
export interface Provenance {
  readonly model: ModelReference;
  /** Only where the report has a classification. */
  readonly classifier?: ModelReference | undefined;
  readonly inputSha256: string;
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly options: {
    readonly numBeams: number;
    readonly maxLength: number;
    readonly similarity: string;
    /** How the sentence generator kept its weights; absent for float32. */
    readonly dtype?: 'q8' | 'q4' | undefined;
  };
  /** Milliseconds by stage. */
  readonly durations: Readonly<Record<string, number>>;
}

/** A region-grounded report, as plain JSON. No described region is a valid report with an empty text. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly input: ReportInput;
  readonly text: string;
  /** All 29, in the order of `ANATOMICAL_REGIONS`. */
  readonly regions: readonly RegionResult[];
  /** The described regions, in the same order. */
  readonly findings: readonly Finding[];
  /** Every label of the classifier; only where it was asked for. It reads the picture, not the text. */
  readonly classification?: readonly LabelResult[] | undefined;
  /** Reasons why this report may be wrong; empty where none was found. */
  readonly doubts: readonly Doubt[];
  readonly provenance: Provenance;
  readonly intendedUse: string;
}

/** A report that was asked to `classify`. */
export interface ClassifiedReport extends Report {
  readonly classification: readonly LabelResult[];
}

/** What the model says of one region or box that the caller asked about. */
export interface RegionDescription {
  /** The region asked for; null for a box. */
  readonly region: AnatomicalRegion | null;
  readonly sentence: string;
  /** Pixels of the `image`. */
  readonly box: Box;
  readonly meanTokenLogProb: number;
  readonly selectionScore: number;
  readonly abnormalityScore: number;
  /** Reasons why this description may be wrong; empty where none was found. */
  readonly doubts: readonly Doubt[];
  readonly intendedUse: string;
}
