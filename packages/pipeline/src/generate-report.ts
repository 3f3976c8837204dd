import { ANATOMICAL_REGIONS, INTENDED_USE, mergeDoubts, type Box } from '@crrg/core';
import type { RegionDetections } from '@crrg/detector';
import { preprocessRadiograph } from '@crrg/image';
import { toProbabilities, type RegionSelection } from '@crrg/region-selector';
import { assembleReport } from '@crrg/report-gen';
import { takeRows } from '@crrg/tensor';
import { classifyImage, modelReference } from './classify-radiograph.js';
import { findModelDoubts } from './doubts/model-doubts.js';
import { checkRadiograph, refuseDoubts } from './doubts/radiograph-doubts.js';
import { decidedScores, findReportDoubts } from './doubts/report-doubts.js';
import {
  boxInImage,
  searchSettings,
  toBatch,
  type ClassifierNetwork,
  type ReportNetworks,
} from './networks.js';
import type { ReportOptions } from './options.js';
import type { Radiograph } from './radiograph.js';
import { REPORT_SCHEMA, type RegionResult, type Report } from './report.js';
import { createStopwatch } from './stopwatch.js';

/**
 * The report of a radiograph, from its pixels to JSON.
 * @param classifier labels the picture beside the report
 * @throws {ImageError} for a picture too small to show a chest, or with doubts where `strict`; `signal.reason` on abort
 */
export async function generateReport(
  networks: ReportNetworks,
  { image, input, doubts }: Radiograph,
  options: ReportOptions,
  classifier?: ClassifierNetwork,
): Promise<Report> {
  const { model, detector, selector, generator } = networks;
  const { explain, similarity, signal, strict, onProgress } = options;
  const { numBeams, maxLength } = searchSettings(networks, options);
  const readers = classifier ? [model, classifier.model] : [model];
  const modelDoubts = classifier && findModelDoubts(classifier.model);
  const ofRadiograph = checkRadiograph('report', { image, doubts }, { readers, modelDoubts, strict });
  const watch = createStopwatch(options);
  const prepared = await watch.time('preprocess', () => preprocessRadiograph(image, model.preprocessing));
  const [found] = await watch.time('detector', () =>
    detector.detect(toBatch(prepared), { signal, onProgress }),
  );
  const { boxes, isDetected, regionFeatures } = found!;
  const selection = await watch.time('regionSelector', () =>
    selector.select(regionFeatures, Uint8Array.from(isDetected, Number)),
  );
  const regions = regionResults(found!, selection, (row) => boxInImage(boxes, row, prepared, image));
  const described = [...regions.keys()].filter((region) => regions[region]!.status === 'described');
  const features = takeRows(regionFeatures, described, model.config.reportGen.regionFeatureDim);
  const sentences = await watch.time('reportGen', () =>
    generator.generate(features, { numBeams, maxLength, signal, onProgress }),
  );
  const findings = described.map((region, row) => {
    const { text, meanTokenLogProb } = sentences[row]!;
    return { region: regions[region]!.name, sentence: text, box: regions[region]!.box!, meanTokenLogProb };
  });
  const told = findings.map(({ region, sentence }) => ({ region, text: sentence }));
  const { text, similarity: used } = await watch.time('assemble', () =>
    assembleReport(told, { similarity, signal }),
  );
  const classification =
    classifier &&
    (await watch.time('classifier', () => classifyImage(classifier, image, { explain, signal })));
  const content = { text, regions, findings, ...(classification && { classification }) };
  const ofReport = findReportDoubts(content, decidedScores(model.config.regionSelector));
  if (strict) refuseDoubts('report', ofReport);
  return {
    schema: REPORT_SCHEMA,
    input,
    ...content,
    doubts: mergeDoubts(ofRadiograph, ofReport),
    provenance: {
      ...modelsOf(networks, classifier),
      inputSha256: input.sha256,
      options: { numBeams, maxLength, similarity: used.name },
      durations: watch.durations(),
    },
    intendedUse: INTENDED_USE,
  };
}

/** What computed a report. */
function modelsOf(
  { model, backend: { name, versions } }: ReportNetworks,
  classifier: ClassifierNetwork | undefined,
): Pick<Report['provenance'], 'model' | 'classifier' | 'backend' | 'versions'> {
  return {
    model: modelReference(model),
    ...(classifier && { classifier: modelReference(classifier.model) }),
    backend: name,
    versions,
  };
}

/** What was found of each region; nothing was assessed of one that was not detected. */
function regionResults(
  { isDetected, scores }: RegionDetections,
  { selectionLogits, abnormalityLogits, isSelected }: RegionSelection,
  boxOf: (region: number) => Box,
): RegionResult[] {
  const [selection, abnormality] = [selectionLogits, abnormalityLogits].map(toProbabilities);
  return ANATOMICAL_REGIONS.map((name, region) =>
    isDetected[region]
      ? {
          name,
          status: isSelected[region] ? 'described' : 'detected',
          box: boxOf(region),
          detectionScore: scores[region]!,
          selectionScore: selection![region]!,
          abnormalityScore: abnormality![region]!,
        }
      : {
          name,
          status: 'not-detected',
          box: null,
          detectionScore: 0,
          selectionScore: 0,
          abnormalityScore: 0,
        },
  );
}
