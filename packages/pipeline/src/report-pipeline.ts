import {
  DisposedError,
  disposeSymbol,
  type AbortOptions,
  type AnatomicalRegion,
  type Box,
  type Doubt,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import { createDetector } from '@crrg/detector';
import type { GreyImage } from '@crrg/image';
import { createRegionSelector } from '@crrg/region-selector';
import { createReportGenerator, type SentenceSimilarity } from '@crrg/report-gen';
import type { Backend } from '@crrg/tensor';
import type { ClassifierStages } from './classifier-stages.js';
import { describeOn } from './describe-region.js';
import type { ReportModel } from './report-model.js';
import type { RegionDescription, Report, ReportInput } from './report.js';
import type { StrictOptions } from './radiograph-doubts.js';
import { partOf } from './rrg-config.js';
import { DEFAULT_BEAMS, type Stages } from './stages.js';
import { reportOn } from './write-report.js';

/** Settings of one report. */
export interface ReportOptions extends AbortOptions, StrictOptions {
  /** 1 is greedy search. @defaultValue 4, as the reference */
  readonly numBeams?: number | undefined;
  /** Longest sentence in tokens, counting the beginning of text. @defaultValue 300, or the positions of the model where fewer */
  readonly maxLength?: number | undefined;
  /** Finds near-duplicate sentences. @defaultValue none: only equal sentences are merged */
  readonly similarity?: SentenceSimilarity | undefined;
  /** Adds `classification`: what the pipeline's classifier says of the picture. @defaultValue false */
  readonly classify?: boolean | undefined;
  /** With `classify`, adds to every label where the classifier looked. @defaultValue false */
  readonly explain?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** What {@link assemblePipeline} needs. */
export interface PipelineParts extends AbortOptions {
  readonly model: ReportModel;
  /** Stays the caller's unless `ownsBackend`. */
  readonly backend: Backend;
  /** The pipeline disposes the backend with itself. @defaultValue false */
  readonly ownsBackend?: boolean | undefined;
  /** The most beams that a report may ask for. @defaultValue 4 */
  readonly maxBeams?: number | undefined;
  /** Gives the classifier when a report first asks for one; it stays the caller's. @defaultValue none */
  readonly classifier?: (() => Promise<ClassifierStages>) | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** A decoded radiograph with what is known of its file. */
export interface Radiograph {
  readonly image: GreyImage;
  readonly input: ReportInput;
  /** What decoding found; the pixels are looked at again for every network. */
  readonly doubts: readonly Doubt[];
}

/** Which part of a radiograph to describe: a region by name, or a box in pixels of the `image`. */
export type RegionPrompt = { readonly region: AnatomicalRegion } | { readonly box: Box };

/** The compiled stages of a report. Calls must not overlap. */
export interface ReportStages extends Disposable {
  readonly model: ReportModel;
  /** @throws {ImageError} for a picture too small to show a chest; `signal.reason` on abort */
  report(radiograph: Radiograph, options?: ReportOptions): Promise<Report>;
  /** @throws {ConfigError} where the region was not detected, or the box lies outside the picture */
  describe(radiograph: Radiograph, prompt: RegionPrompt, options?: ReportOptions): Promise<RegionDescription>;
  dispose(): void;
}

/**
 * Compiles detector, region selector and sentence generator of a model on a backend.
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export async function assemblePipeline(parts: PipelineParts): Promise<ReportStages> {
  const { model, backend, signal } = parts;
  const { config, weights, tokenizer } = model;
  const maxBeams = parts.maxBeams ?? DEFAULT_BEAMS;
  const made: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(stage: T): T => {
    made.push(stage);
    return stage;
  };
  try {
    const detector = keep(
      createDetector({ config: config.detector, weights: partOf(weights, 'detector'), backend }),
    );
    const selector = keep(
      await createRegionSelector({
        config: config.regionSelector,
        weights: partOf(weights, 'regionSelector'),
        backend,
        signal,
      }),
    );
    const generator = await createReportGenerator({
      config: config.reportGen,
      weights: partOf(weights, 'reportGen'),
      tokenizer,
      backend,
      maxBeams,
      signal,
      onWarning: parts.onWarning,
    });
    return createStages(parts, { detector, selector, generator });
  } catch (error) {
    for (const stage of made) stage.dispose();
    throw error;
  }
}

function createStages(parts: PipelineParts, stages: Stages): ReportStages {
  const { model, backend } = parts;
  let disposed = false;
  const dispose = () => {
    if (disposed) return;
    disposed = true;
    for (const stage of Object.values(stages)) (stage as { dispose(): void }).dispose();
    if (parts.ownsBackend) backend.dispose();
  };
  const requireAlive = () => {
    if (disposed) throw new DisposedError('pipeline');
  };
  return {
    model,
    async report(radiograph, options = {}) {
      requireAlive();
      return reportOn(parts, stages, radiograph, options);
    },
    async describe(radiograph, prompt, options = {}) {
      requireAlive();
      return describeOn(parts, stages, radiograph, prompt, options);
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}
