import {
  ANATOMICAL_REGIONS,
  ConfigError,
  INTENDED_USE,
  mergeDoubts,
  type AnatomicalRegion,
  type Box,
} from '@crrg/core';
import type { RegionDetections } from '@crrg/detector';
import { preprocessRadiograph, type PreprocessedImage } from '@crrg/image';
import { toProbabilities } from '@crrg/region-selector';
import { assembleReport } from '@crrg/report-gen';
import { takeRows } from '@crrg/tensor';
import { modelReference, type ClassifierStages } from './classifier-stages.js';
import { findModelDoubts } from './model-doubts.js';
import { decidedScores, findReportDoubts } from './report-doubts.js';
import { checkRadiograph, refuseDoubts } from './radiograph-doubts.js';
import { REPORT_SCHEMA, type Finding, type RegionResult, type Report } from './report.js';
import type { PipelineParts, Radiograph, ReportOptions } from './report-pipeline.js';
import { DEFAULT_BEAMS, boxInImage, cutLength, generateSentences, toBatch, type Stages } from './stages.js';
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

/** The classifier of a report that asks for one. @throws {ConfigError} where the pipeline has none */
async function openClassifier(
  { classifier }: PipelineParts,
  { classify }: ReportOptions,
): Promise<ClassifierStages | undefined> {
  if (!classify) return undefined;
  if (classifier) return classifier();
  throw new ConfigError(
    'pipeline.report: expected a classifier for `classify`, got none; give the pipeline one, or leave it out.',
  );
}

/** The report of a radiograph. @throws {ImageError | ConfigError} */
export async function reportOn(
  parts: PipelineParts,
  stages: Stages,
  radiograph: Radiograph,
  options: ReportOptions,
): Promise<Report> {
  const watch = createStopwatch(options);
  const { image, input } = radiograph;
  const { model, backend } = parts;
  const classifier = await openClassifier(parts, options);
  const doubts = checkRadiograph('report', radiograph, {
    inputSizes: [model, ...(classifier ? [classifier.model] : [])].map(
      ({ preprocessing }) => preprocessing.size,
    ),
    modelDoubts: classifier && findModelDoubts(classifier.model),
    strict: options.strict,
  });
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
  const { explain, signal } = options;
  const classification =
    classifier &&
    (await watch.time('classifier', () => classifier.classifyImage(image, { explain, signal })));
  const content = {
    text: assembled.text,
    regions: ANATOMICAL_REGIONS.map((name, region) => regionResult(name, region, scores, boxOf)),
    findings,
    ...(classification && { classification }),
  };
  const ofReport = findReportDoubts(content, decidedScores(model.config.regionSelector));
  if (options.strict) refuseDoubts('report', ofReport);
  return {
    schema: REPORT_SCHEMA,
    input,
    ...content,
    doubts: mergeDoubts(doubts, ofReport),
    provenance: {
      model: modelReference(model),
      ...(classifier && { classifier: modelReference(classifier.model) }),
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
