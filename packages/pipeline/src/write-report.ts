import {
  ANATOMICAL_REGIONS,
  ConfigError,
  INTENDED_USE,
  mergeDoubts,
  type AnatomicalRegion,
  type Box,
  type Doubt,
} from '@crrg/core';
import type { RegionDetections } from '@crrg/detector';
import {
  assertUsableRadiograph,
  findImageDoubts,
  preprocessRadiograph,
  type GreyImage,
  type PreprocessedImage,
} from '@crrg/image';
import { toProbabilities } from '@crrg/region-selector';
import { assembleReport } from '@crrg/report-gen';
import type { LabelResult, ModelReference } from './classification.js';
import { modelReference } from './classifier-stages.js';
import { findModelDoubts } from './model-doubts.js';
import { REPORT_SCHEMA, type Finding, type RegionResult, type Report } from './report.js';
import type { PipelineParts, Radiograph, ReportOptions } from './report-pipeline.js';
import {
  DEFAULT_BEAMS,
  boxInImage,
  cutLength,
  generateSentences,
  takeRows,
  toBatch,
  type Stages,
} from './stages.js';
import { createStopwatch, type Stopwatch } from './stopwatch.js';

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

/** What the classifier adds to a report; nothing where it was not asked for. */
async function classifyFor(
  { classifier }: PipelineParts,
  image: GreyImage,
  watch: Stopwatch,
  { classify, explain, signal }: ReportOptions,
): Promise<{ classification: LabelResult[]; classifier: ModelReference; doubts: Doubt[] } | undefined> {
  if (!classify) return undefined;
  if (!classifier)
    throw new ConfigError(
      'pipeline.report: expected a classifier for `classify`, got none; give the pipeline one, or leave it out.',
    );
  return watch.time('classifier', async () => {
    const stages = await classifier();
    const classification = await stages.classifyImage(image, { explain, signal });
    const { model } = stages;
    return { classification, classifier: modelReference(model), doubts: findModelDoubts(model) };
  });
}

/** The report of a radiograph. @throws {ImageError | ConfigError} */
export async function reportOn(
  parts: PipelineParts,
  stages: Stages,
  { image, input, doubts }: Radiograph,
  options: ReportOptions,
): Promise<Report> {
  assertUsableRadiograph(image);
  const watch = createStopwatch(options);
  const { model, backend } = parts;
  const prepared = await watch.time('preprocess', () => preprocessRadiograph(image, model.preprocessing));
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
    doubts: mergeDoubts(doubts, findImageDoubts(image), classified?.doubts ?? []),
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
