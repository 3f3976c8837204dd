import type { Doubt } from '@crrg/core';
import type { ReportInput } from '../radiograph.js';
import type { Finding, RegionResult, Report } from '../report.js';

/** What is known once the detector and the region selector have spoken. */
export interface RegionsEvent {
  readonly type: 'regions';
  readonly input: ReportInput;
  /** All 29, as the report will have them. */
  readonly regions: readonly RegionResult[];
  /** Those about the film and the models; the report may add some about its sentences. */
  readonly doubts: readonly Doubt[];
}

/** A sentence that is finished. Those of a film come as they are finished, not in the order of regions. */
export interface SentenceEvent {
  readonly type: 'sentence';
  /** As the report will have it. */
  readonly finding: Finding;
  /** What speaks against this sentence alone; the whole report may find more. */
  readonly doubts: readonly Doubt[];
}

/** The whole report, always the last event. */
export interface WholeReportEvent<R extends Report = Report> {
  readonly type: 'report';
  /** What `generateReport` gives. */
  readonly report: R;
}

/** What a stream tells of a report while it is written: regions once, a sentence for each described one, the whole report. */
export type ReportEvent<R extends Report = Report> = RegionsEvent | SentenceEvent | WholeReportEvent<R>;
