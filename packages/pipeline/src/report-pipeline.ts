import {
  ANATOMICAL_REGIONS,
  ConfigError,
  DisposedError,
  INTENDED_USE,
  clipBox,
  disposeSymbol,
  type AbortOptions,
  type AnatomicalRegion,
  type Box,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import { createDetector, type Detector, type RegionDetections } from '@crrg/detector';
import {
  assertUsableRadiograph,
  preprocessRadiograph,
  type GreyImage,
  type PreprocessedImage,
} from '@crrg/image';
import { createRegionSelector, toProbabilities, type RegionSelector } from '@crrg/region-selector';
import {
  assembleReport,
  createReportGenerator,
  type GeneratedSentence,
  type ReportGenerator,
  type SentenceSimilarity,
} from '@crrg/report-gen';
import { float32, type Backend, type HostTensor } from '@crrg/tensor';
import type { LabelResult, ModelReference } from './classification.js';
import { modelReference, type ClassifierStages } from './classifier-stages.js';
import { partOf } from './rrg-config.js';
import type { ReportModel } from './report-model.js';
import {
  REPORT_SCHEMA,
  type Finding,
  type RegionDescription,
  type RegionResult,
  type Report,
  type ReportInput,
} from './report.js';
import { createStopwatch, type Stopwatch } from './stopwatch.js';

/** Settings of one report. */
export interface ReportOptions extends AbortOptions {
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

const DEFAULT_BEAMS = 4;
const DEFAULT_MAX_LENGTH = 300;

interface Stages {
  readonly detector: Detector;
  readonly selector: RegionSelector;
  readonly generator: ReportGenerator;
}

/** A box of a flat `[N, 4]` list in the `input` frame, in pixels of the picture and cut to it. */
function boxInImage(
  boxes: Float32Array,
  row: number,
  { transform }: PreprocessedImage,
  image: GreyImage,
): Box {
  const [x1, y1, x2, y2] = boxes.subarray(4 * row, 4 * row + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return clipBox(transform.toImage({ x1, y1, x2, y2 }), image);
}

function toBatch({ data, size }: PreprocessedImage): HostTensor<'float32'> {
  return float32([1, 1, size, size], data);
}

/** Rows of a flat `[R, D]` list. */
function takeRows(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, index) => taken.set(values.subarray(row * width, (row + 1) * width), index * width));
  return taken;
}

function cutLength({ model }: PipelineParts, maxLength = DEFAULT_MAX_LENGTH): number {
  return Math.min(maxLength, model.config.reportGen.numPositions);
}

/**
 * Compiles detector, region selector and sentence generator of a model on a backend.
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export async function assemblePipeline(parts: PipelineParts): Promise<ReportStages> {
  const { model, backend, signal } = parts;
  const { config, weights, tokenizer } = model;
  const maxBeams = parts.maxBeams ?? DEFAULT_BEAMS;
  const detector = createDetector({ config: config.detector, weights: partOf(weights, 'detector'), backend });
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend,
    signal,
  });
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

interface RegionScores {
  readonly detections: RegionDetections;
  readonly selection: Float32Array;
  readonly abnormality: Float32Array;
  readonly isSelected: Uint8Array;
}

async function scoreRegions(
  { detector, selector }: Stages,
  prepared: PreprocessedImage,
  watch: Stopwatch,
  options: ReportOptions,
): Promise<RegionScores> {
  const { signal, onProgress } = options;
  const [detections] = await watch.time('detector', () =>
    detector.detect(toBatch(prepared), { signal, onProgress }),
  );
  const isDetected = Uint8Array.from(detections!.isDetected, Number);
  const selection = await watch.time('regionSelector', () =>
    selector.select(detections!.regionFeatures, isDetected),
  );
  return {
    detections: detections!,
    selection: toProbabilities(selection.selectionLogits),
    abnormality: toProbabilities(selection.abnormalityLogits),
    isSelected: selection.isSelected,
  };
}

async function generateSentences(
  { generator }: Stages,
  features: Float32Array,
  parts: PipelineParts,
  options: ReportOptions,
): Promise<GeneratedSentence[]> {
  const { numBeams, signal, onProgress } = options;
  return generator.generate(features, {
    numBeams,
    maxLength: cutLength(parts, options.maxLength),
    signal,
    onProgress,
  });
}

/** What the classifier adds to a report; nothing where it was not asked for. */
async function classifyFor(
  { classifier }: PipelineParts,
  image: GreyImage,
  watch: Stopwatch,
  { classify, explain, signal }: ReportOptions,
): Promise<{ classification: LabelResult[]; classifier: ModelReference } | undefined> {
  if (!classify) return undefined;
  if (!classifier)
    throw new ConfigError(
      'pipeline.report: expected a classifier for `classify`, got none; give the pipeline one, or leave it out.',
    );
  return watch.time('classifier', async () => {
    const stages = await classifier();
    const classification = await stages.classifyImage(image, { explain, signal });
    return { classification, classifier: modelReference(stages.model) };
  });
}

async function reportOn(
  parts: PipelineParts,
  stages: Stages,
  { image, input }: Radiograph,
  options: ReportOptions,
): Promise<Report> {
  assertUsableRadiograph(image);
  const watch = createStopwatch(options);
  const { model, backend, onWarning } = parts;
  const prepared = await watch.time('preprocess', () =>
    preprocessRadiograph(image, { ...model.preprocessing, onWarning }),
  );
  const scores = await scoreRegions(stages, prepared, watch, options);
  const described = [...scores.isSelected.keys()].filter((region) => scores.isSelected[region]);
  const width = model.config.reportGen.regionFeatureDim;
  const sentences = await watch.time('reportGen', () =>
    generateSentences(stages, takeRows(scores.detections.regionFeatures, described, width), parts, options),
  );
  const boxOf = (region: number) => boxInImage(scores.detections.boxes, region, prepared, image);
  const findings = described.map((region, index): Finding => ({
    region: ANATOMICAL_REGIONS[region]!,
    sentence: sentences[index]!.text,
    box: boxOf(region),
    meanTokenLogProb: sentences[index]!.meanTokenLogProb,
  }));
  const assembled = await watch.time('assemble', () =>
    assembleReport(
      findings.map(({ region, sentence }) => ({ region, text: sentence })),
      { similarity: options.similarity, signal: options.signal },
    ),
  );
  const classified = await classifyFor(parts, image, watch, options);
  return {
    schema: REPORT_SCHEMA,
    input,
    text: assembled.text,
    regions: ANATOMICAL_REGIONS.map((name, region) => regionResult(name, region, scores, boxOf)),
    findings,
    ...(classified && { classification: classified.classification }),
    provenance: {
      model: modelReference(model),
      ...(classified && { classifier: classified.classifier }),
      inputSha256: input.sha256,
      backend: backend.name,
      versions: backend.versions,
      options: {
        numBeams: options.numBeams ?? Math.min(DEFAULT_BEAMS, parts.maxBeams ?? DEFAULT_BEAMS),
        maxLength: cutLength(parts, options.maxLength),
        similarity: assembled.similarity.name,
      },
      durations: watch.durations(),
    },
    intendedUse: INTENDED_USE,
  };
}

function regionResult(
  name: AnatomicalRegion,
  region: number,
  { detections, selection, abnormality, isSelected }: RegionScores,
  boxOf: (region: number) => Box,
): RegionResult {
  if (!detections.isDetected[region]) {
    return {
      name,
      status: 'not-detected',
      box: null,
      detectionScore: 0,
      selectionScore: 0,
      abnormalityScore: 0,
    };
  }
  return {
    name,
    status: isSelected[region] ? 'described' : 'detected',
    box: boxOf(region),
    detectionScore: detections.scores[region]!,
    selectionScore: selection[region]!,
    abnormalityScore: abnormality[region]!,
  };
}

/** Box in the `image` frame and region features `[D]` of what was asked for. */
async function resolvePrompt(
  { detector }: Stages,
  prepared: PreprocessedImage,
  image: GreyImage,
  prompt: RegionPrompt,
  options: ReportOptions,
): Promise<{ box: Box; features: Float32Array }> {
  if ('box' in prompt) {
    const box = clipBox(prompt.box, image);
    if (!(box.x2 - box.x1 >= 1 && box.y2 - box.y1 >= 1)) {
      throw new ConfigError(
        `pipeline.describeRegion: expected a box of at least one pixel inside ${image.width} x ${image.height}, got ${JSON.stringify(prompt.box)}; give x1 < x2 and y1 < y2 in pixels of the image.`,
      );
    }
    const { x1, y1, x2, y2 } = prepared.transform.toInput(box);
    return {
      box,
      features: await detector.boxFeatures(toBatch(prepared), Float32Array.of(x1, y1, x2, y2), options),
    };
  }
  const region = ANATOMICAL_REGIONS.indexOf(prompt.region);
  if (region < 0) {
    throw new ConfigError(
      `pipeline.describeRegion: expected one of the ${ANATOMICAL_REGIONS.length} anatomical regions, got ${JSON.stringify(prompt.region)}; see ANATOMICAL_REGIONS.`,
    );
  }
  const [detections] = await detector.detect(toBatch(prepared), options);
  if (!detections!.isDetected[region]) {
    throw new ConfigError(
      `pipeline.describeRegion: ${prompt.region} was not detected in this picture; give a box instead.`,
    );
  }
  const width = detections!.regionFeatures.length / ANATOMICAL_REGIONS.length;
  return {
    box: boxInImage(detections!.boxes, region, prepared, image),
    features: takeRows(detections!.regionFeatures, [region], width),
  };
}

async function describeOn(
  parts: PipelineParts,
  stages: Stages,
  { image }: Radiograph,
  prompt: RegionPrompt,
  options: ReportOptions,
): Promise<RegionDescription> {
  assertUsableRadiograph(image);
  const prepared = preprocessRadiograph(image, { ...parts.model.preprocessing, onWarning: parts.onWarning });
  const { box, features } = await resolvePrompt(stages, prepared, image, prompt, options);
  const selection = await stages.selector.select(features, Uint8Array.of(1));
  const [sentence] = await generateSentences(stages, features, parts, options);
  return {
    region: 'region' in prompt ? prompt.region : null,
    sentence: sentence!.text,
    box,
    meanTokenLogProb: sentence!.meanTokenLogProb,
    selectionScore: toProbabilities(selection.selectionLogits)[0]!,
    abnormalityScore: toProbabilities(selection.abnormalityLogits)[0]!,
    intendedUse: INTENDED_USE,
  };
}
