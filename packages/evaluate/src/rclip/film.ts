/** The format of {@link RclipFilm}. */
export const RCLIP_FILM_SCHEMA = 'crrg/evaluation/rclip-film/1';

/** What a classifier decides about one label. */
export interface ProbeAnswer {
  /** In [0, 1]; calibrated where the model is. */
  readonly probability: number;
  readonly threshold: number;
  readonly positive: boolean;
}

/** What a contrastive model says of a film, beside what is known: one line of `films.jsonl`. Plain data. */
export interface RclipFilm {
  readonly schema: typeof RCLIP_FILM_SCHEMA;
  /** That of the study, and which of its images where it has several: `s1/2`. */
  readonly id: string;
  readonly study: string;
  readonly image: string;
  readonly patient: string | null;
  readonly view: string | null;
  /** What is known; a label that is not there is not. */
  readonly labels: Readonly<Record<string, 0 | 1>>;
  /** By label; undefined for a model without a probe. */
  readonly probe?: Readonly<Record<string, ProbeAnswer>> | undefined;
  /** Share of the positive prompt, by label; undefined for a model without a text side. */
  readonly zeroShot?: Readonly<Record<string, number>> | undefined;
  /** Mean cosine with the prompts of each class; only where classes were asked about. */
  readonly classes?: Readonly<Record<string, number>> | undefined;
  /** Sections of the report, joined by a blank; only of the first image of a study with a report. */
  readonly text?: string | undefined;
  /** Unit vectors as base64 of little-endian float32; only where there is a text. */
  readonly embeddings?: { readonly image: string; readonly text: string } | undefined;
  readonly doubts: readonly string[];
}

/** Who a film belongs to: studies without a patient are patients of their own. */
export const patientOfStudy = ({ patient, study }: Pick<RclipFilm, 'patient' | 'study'>): string =>
  patient === null ? `study ${study}` : `patient ${patient}`;
