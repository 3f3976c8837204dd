import type { AnatomicalRegion, Box } from '@crrg/core';
import type { ClinicalFinding } from '@crrg/metrics';
import type { LabelResult, RegionStatus, Report } from '@crrg/pipeline';

/** The format of {@link RrgFilm}. */
export const RRG_FILM_SCHEMA = 'crrg/evaluation/rrg-film/1';

/** What a study says of a region. */
export interface RegionReference {
  /** Pixels of the image; null where the region has no usable box. */
  readonly box: Box | null;
  /** Empty where the report says nothing of the region. */
  readonly text: string;
  readonly abnormal: boolean;
}

/** What the model says of a region while the annotated boxes are among its proposals, as RGRG measures itself. */
export interface LeakyRegion {
  /** Pixels of the image, also where the region is not detected. */
  readonly box: Box;
  readonly isDetected: boolean;
  readonly isSelected: boolean;
  readonly isAbnormal: boolean;
}

/** One of the 29 regions of a film: what the model says, beside what the study says. */
export interface RrgFilmRegion {
  readonly name: AnatomicalRegion;
  readonly status: RegionStatus;
  /** Pixels of the image; null where the region was not detected. */
  readonly box: Box | null;
  /** In [0, 1]; 0 where the region was not detected, as the other scores. */
  readonly detectionScore: number;
  readonly selectionScore: number;
  readonly abnormalityScore: number;
  /** At the model's threshold. */
  readonly isAbnormal: boolean;
  /** Only of a described region. */
  readonly sentence?: string | undefined;
  /** Not there where the study does not list the region: nothing is known, and nothing is scored. */
  readonly reference?: RegionReference | undefined;
  /** Only where it was asked for. */
  readonly withReferenceLeak?: LeakyRegion | undefined;
}

/** What a report model says of a film, beside the reference: one line of `films.jsonl`. Plain data. */
export interface RrgFilm {
  readonly schema: typeof RRG_FILM_SCHEMA;
  readonly id: string;
  /** As the study names it. */
  readonly image: string;
  readonly patient: string | null;
  readonly view: string | null;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly regions: readonly RrgFilmRegion[];
  /** The generated report; empty where no region was selected. */
  readonly text: string;
  /** The reference report; null where there is none. */
  readonly report: string | null;
  /** What is known of the film by labels; findings that are not there are not known. */
  readonly findings?: Readonly<Partial<Record<ClinicalFinding, boolean>>> | undefined;
  /** Every label of a classifier beside the report; only where it was asked for. */
  readonly classification?: readonly Pick<LabelResult, 'label' | 'probability' | 'positive'>[] | undefined;
  /** Codes of the doubts about the report. */
  readonly doubts: readonly string[];
}

/** Who a film belongs to: films without a patient are patients of their own. */
export const patientOf = ({ patient, id }: Pick<RrgFilm, 'patient' | 'id'>): string =>
  patient === null ? `film ${id}` : `patient ${patient}`;

/** The report of a film as far as evaluations of reports look at it. @internal */
export function reportOf({
  text,
  regions,
  doubts,
}: RrgFilm): Pick<Report, 'text' | 'regions' | 'findings' | 'doubts'> {
  return {
    text,
    regions,
    findings: regions.flatMap(({ name, sentence, box }) =>
      sentence === undefined ? [] : [{ region: name, sentence, box: box!, meanTokenLogProb: 0 }],
    ),
    doubts: doubts.map((code) => ({ code, message: '' })) as unknown as Report['doubts'],
  };
}

/** Annotated boxes by region. */
export function boxesOf({ regions }: Pick<RrgFilm, 'regions'>): Partial<Record<AnatomicalRegion, Box>> {
  return Object.fromEntries(
    regions.flatMap(({ name, reference }) => (reference?.box ? [[name, reference.box]] : [])),
  );
}

/** Whether the reference speaks of regions: else empty phrases say that nothing was written down, not that there is nothing to say. */
export function speaksOfRegions({ regions, report }: Pick<RrgFilm, 'regions' | 'report'>): boolean {
  const listed = regions.flatMap(({ reference }) => reference ?? []);
  return (
    listed.length > 0 &&
    (report !== null || listed.some(({ text, abnormal }) => text.trim() !== '' || abnormal))
  );
}
