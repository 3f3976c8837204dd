import type { Box, Doubt } from '@crrg/core';
import type { ReportInput } from './radiograph.js';

/** The format of {@link RadiographClassification}. */
export const CLASSIFICATION_SCHEMA = 'crrg/classification/1';

/** Where a classifier looked for a label (Grad-CAM): a grid of cells over a part of the picture. */
export interface HeatMap {
  /** The part that the classifier sees, its middle square, in pixels of the `image`; to within half a pixel of its input. */
  readonly box: Box;
  /** Rows and columns of equal cells. */
  readonly height: number;
  readonly width: number;
  /** Row by row, in [0, 1]; the largest is 1, or all are 0 where nothing speaks for the label. */
  readonly values: readonly number[];
}

/** What the classifier says of one label. */
export interface LabelResult {
  readonly label: string;
  /** In [0, 1]; calibrated where the model is. */
  readonly probability: number;
  /** The probability above which the label counts as found. */
  readonly threshold: number;
  readonly positive: boolean;
  /** Name and version of the model. */
  readonly model: string;
  /** Only where it was asked for. */
  readonly heatMap?: HeatMap | undefined;
}

/** Which weights were used; their hash pins every file of the bundle. */
export interface ModelReference {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** What a classifier says of one radiograph, as plain JSON. */
export interface RadiographClassification {
  readonly schema: typeof CLASSIFICATION_SCHEMA;
  readonly input: ReportInput;
  /** Every label of the model, in its order. */
  readonly classification: readonly LabelResult[];
  /** Reasons why this classification may be wrong; empty where none was found. */
  readonly doubts: readonly Doubt[];
  readonly provenance: {
    readonly model: ModelReference;
    readonly inputSha256: string;
    readonly backend: string;
    readonly versions: Readonly<Record<string, string>>;
    /** Milliseconds by stage. */
    readonly durations: Readonly<Record<string, number>>;
  };
  readonly intendedUse: string;
}
