import { ANATOMICAL_REGIONS, ConfigError, INTENDED_USE, clipBox, mergeDoubts, type Box } from '@crrg/core';
import { preprocessRadiograph, type GreyImage, type PreprocessedImage } from '@crrg/image';
import { toProbabilities } from '@crrg/region-selector';
import { takeRows } from '@crrg/tensor';
import { decidedScores, findSentenceDoubts } from './report-doubts.js';
import { checkRadiograph, refuseDoubts } from './radiograph-doubts.js';
import type { RegionDescription } from './report.js';
import type { PipelineParts, Radiograph, RegionPrompt, ReportOptions } from './report-pipeline.js';
import { boxInImage, generateSentences, toBatch, type Stages } from './stages.js';

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

/** What the model says of one region or box. @throws {ImageError | ConfigError} */
export async function describeOn(
  parts: PipelineParts,
  stages: Stages,
  radiograph: Radiograph,
  prompt: RegionPrompt,
  options: ReportOptions,
): Promise<RegionDescription> {
  const { image } = radiograph;
  const { preprocessing } = parts.model;
  const doubts = checkRadiograph('describeRegion', radiograph, {
    inputSizes: [preprocessing.size],
    strict: options.strict,
  });
  const prepared = preprocessRadiograph(image, preprocessing);
  const { box, features } = await resolvePrompt(stages, prepared, image, prompt, options);
  const selection = await stages.selector.select(features, Uint8Array.of(1));
  const [sentence] = await generateSentences(stages, features, parts, options);
  const abnormalityScore = toProbabilities(selection.abnormalityLogits)[0]!;
  const ofSentence = findSentenceDoubts(
    sentence!.text,
    abnormalityScore,
    decidedScores(parts.model.config.regionSelector),
  );
  if (options.strict) refuseDoubts('describeRegion', ofSentence);
  return {
    region: 'region' in prompt ? prompt.region : null,
    sentence: sentence!.text,
    box,
    meanTokenLogProb: sentence!.meanTokenLogProb,
    selectionScore: toProbabilities(selection.selectionLogits)[0]!,
    abnormalityScore,
    doubts: mergeDoubts(doubts, ofSentence),
    intendedUse: INTENDED_USE,
  };
}
