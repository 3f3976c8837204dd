import { ANATOMICAL_REGIONS, ConfigError, INTENDED_USE, clipBox, mergeDoubts, type Box } from '@crrg/core';
import { preprocessRadiograph, type GreyImage, type PreprocessedImage } from '@crrg/image';
import { toProbabilities } from '@crrg/region-selector';
import { takeRows } from '@crrg/tensor';
import { checkRadiograph, refuseDoubts } from './doubts/radiograph-doubts.js';
import { decidedScores, findSentenceDoubts } from './doubts/report-doubts.js';
import { boxInImage, searchSettings, toBatch, type ReportNetworks } from './networks.js';
import type { RegionPrompt, ReportOptions } from './options.js';
import type { Radiograph } from './radiograph.js';
import type { RegionDescription } from './report.js';

/**
 * What the model says of one region or box.
 * @throws {ConfigError} where the region was not detected, or the box lies outside the picture
 * @throws {ImageError} as `generateReport`; `signal.reason` on abort
 */
export async function describeRegion(
  networks: ReportNetworks,
  radiograph: Radiograph,
  prompt: RegionPrompt,
  options: ReportOptions,
): Promise<RegionDescription> {
  const { model, selector, generator } = networks;
  const { image } = radiograph;
  const { signal, strict, onProgress } = options;
  const ofRadiograph = checkRadiograph('describeRegion', radiograph, { readers: [model], strict });
  const prepared = preprocessRadiograph(image, model.preprocessing);
  const { box, features } = await ('box' in prompt
    ? readBox(networks, prepared, image, prompt.box, options)
    : readRegion(networks, prepared, image, prompt.region, options));
  const selection = await selector.select(features, Uint8Array.of(1));
  const settings = { ...searchSettings(networks, options), signal, onProgress };
  const [sentence] = await generator.generate(features, settings);
  const { text, meanTokenLogProb } = sentence!;
  const abnormalityScore = toProbabilities(selection.abnormalityLogits)[0]!;
  const region = 'region' in prompt ? prompt.region : null;
  const ofSentence = findSentenceDoubts(
    { region, sentence: text, abnormalityScore },
    decidedScores(model.config.regionSelector),
  );
  if (strict) refuseDoubts('describeRegion', ofSentence);
  return {
    region,
    sentence: text,
    box,
    meanTokenLogProb,
    selectionScore: toProbabilities(selection.selectionLogits)[0]!,
    abnormalityScore,
    doubts: mergeDoubts(ofRadiograph, ofSentence),
    intendedUse: INTENDED_USE,
  };
}

/** Where something is, in pixels of the `image`, and its region features `[D]`. */
interface Place {
  readonly box: Box;
  readonly features: Float32Array;
}

async function readBox(
  { detector }: ReportNetworks,
  prepared: PreprocessedImage,
  image: GreyImage,
  asked: Box,
  options: ReportOptions,
): Promise<Place> {
  const box = clipBox(asked, image);
  if (!(box.x2 - box.x1 >= 1 && box.y2 - box.y1 >= 1)) {
    throw new ConfigError(
      `pipeline.describeRegion: expected a box of at least one pixel inside ${image.width} x ${image.height}, got ${JSON.stringify(asked)}; give x1 < x2 and y1 < y2 in pixels of the image.`,
    );
  }
  const { x1, y1, x2, y2 } = prepared.transform.toInput(box);
  return {
    box,
    features: await detector.boxFeatures(toBatch([prepared]), Float32Array.of(x1, y1, x2, y2), options),
  };
}

async function readRegion(
  { detector, model }: ReportNetworks,
  prepared: PreprocessedImage,
  image: GreyImage,
  name: string,
  options: ReportOptions,
): Promise<Place> {
  const region = (ANATOMICAL_REGIONS as readonly string[]).indexOf(name);
  if (region < 0) {
    throw new ConfigError(
      `pipeline.describeRegion: expected one of the ${ANATOMICAL_REGIONS.length} anatomical regions, got ${JSON.stringify(name)}; see ANATOMICAL_REGIONS.`,
    );
  }
  const [found] = await detector.detect(toBatch([prepared]), options);
  const { boxes, isDetected, regionFeatures } = found!;
  if (!isDetected[region]) {
    throw new ConfigError(
      `pipeline.describeRegion: ${name} was not detected in this picture; give a box instead.`,
    );
  }
  return {
    box: boxInImage(boxes, region, prepared, image),
    features: takeRows(regionFeatures, [region], model.config.reportGen.regionFeatureDim),
  };
}
