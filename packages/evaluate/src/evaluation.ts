import type { ModelReference } from '@crrg/pipeline';
import type { RrgSections } from './rrg/evaluate-rrg-films.js';
import type { RclipSections } from './rclip/evaluate-rclip-films.js';
import type { ReportSection } from './reports/evaluate-report-films.js';

/** How the intervals of an evaluation came about. */
export interface IntervalSettings {
  readonly method: 'percentile bootstrap over patients';
  readonly level: number;
  readonly numResamples: number;
  readonly seed: number;
}

/** Which studies were evaluated. */
export interface EvaluatedStudies {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly sha256: string;
  readonly split: string;
  /** Null for all of them. */
  readonly firstRows: number | null;
  readonly numStudies: number;
  /** Films that could not be read or computed; they enter no score. */
  readonly numFailed: number;
}

interface CommonFields {
  readonly studies: EvaluatedStudies;
  readonly intervals: IntervalSettings;
  /** What a reader must know of the figures. */
  readonly notes: readonly string[];
  readonly intendedUse: string;
}

/** What a report model is worth: `evaluation.json` of `crrg evaluate rrg`. Plain data. */
export interface RrgEvaluation extends CommonFields, RrgSections {
  readonly schema: 'crrg/evaluation/rrg/1';
  readonly model: ModelReference;
  readonly classifier: ModelReference | null;
  readonly search: { readonly numBeams: number; readonly maxLength: number; readonly similarity: string };
}

/** What the reports of any system are worth: `evaluation.json` of `crrg evaluate reports`. Plain data. */
export interface ReportsEvaluation extends CommonFields {
  readonly schema: 'crrg/evaluation/reports/1';
  readonly system: { readonly name: string; readonly sha256: string };
  readonly counts: { readonly films: number; readonly patients: number };
  readonly reports: ReportSection;
}

/** What a contrastive model is worth: `evaluation.json` of `crrg evaluate rclip`. Plain data. */
export interface RclipEvaluation extends CommonFields, RclipSections {
  readonly schema: 'crrg/evaluation/rclip/1';
  readonly model: ModelReference;
  /** The negative and the positive prompt of each label. */
  readonly prompts: Readonly<Record<string, readonly [negative: string, positive: string]>>;
}

/** Any evaluation that is written. */
export type Evaluation = RrgEvaluation | RclipEvaluation | ReportsEvaluation;
