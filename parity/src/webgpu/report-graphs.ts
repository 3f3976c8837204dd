import { createRandom } from '@crrg/core';
import { createDetector } from '@crrg/detector';
import { parseRrgConfig, partOf, rrgSpecs } from '@crrg/pipeline';
import { createRclip, parseRclipConfig, rclipSpecs, type TextTokenizer } from '@crrg/rclip';
import { createRegionSelector } from '@crrg/region-selector';
import { createReportGenerator, type ReportGenerator } from '@crrg/report-gen';
import { float32, initializeParameters, type Backend } from '@crrg/tensor';
import { numberTokenizer } from '../models/report-gen/number-tokenizer.js';
import { withRunLength } from '../models/report-gen/run-length.js';

const VOCABULARY = 2100;
const ROW = { width: 16, ffnWidth: 32, numHeads: 2, numLayers: 2, numPositions: 24 };
const SMALL = { stemWidth: 4, planes: [4, 4, 4, 4], blocks: [1, 1, 1, 1] };
const [DETECTOR_SIDE, RCLIP_SIDE, REGIONS] = [128, 64, 2];

/** The report's networks at their smallest; more words than are sorted at once. */
const CONFIG = parseRrgConfig({
  detector: {
    ...SMALL,
    imageSize: DETECTOR_SIDE,
    anchors: { sizes: [16, 32, 64], ratios: [0.5, 1, 2] },
    rpn: { evaluation: { preNms: 100, postNms: 40 } },
    representationSize: 32,
    regionFeatureDim: 8,
  },
  regionSelector: { inputDim: 8, hidden: [8, 4] },
  reportGen: {
    ...ROW,
    vocabSize: VOCABULARY,
    regionFeatureDim: 8,
    bosTokenId: 0,
    eosTokenId: 1,
    padTokenId: 0,
  },
});

const RCLIP = parseRclipConfig({
  imageEncoder: { ...SMALL, imageSize: RCLIP_SIDE },
  textEncoder: { ...ROW, vocabSize: 40, maxLength: 16 },
  embeddingDim: 8,
  probe: { labels: ['Pneumonia', 'Effusion'], thresholds: [0.5, 0.5], temperatures: [1, 1] },
});

function image(channels: number, side: number) {
  const random = createRandom(side);
  const shape = [1, channels, side, side];
  return float32(
    shape,
    Float32Array.from({ length: channels * side * side }, () => random.normal()),
  );
}

/** What the networks gave: numbers to compare within a tolerance, and the words of each region, greedy and of two beams, of long runs and of single steps. */
export interface ReportResults {
  readonly numbers: Readonly<Record<string, readonly number[]>>;
  readonly words: readonly (readonly number[])[][];
}

async function sentences(generator: ReportGenerator, numBeams: number): Promise<number[][]> {
  const random = createRandom(numBeams);
  const rows = Float32Array.from({ length: REGIONS * 8 }, () => random.normal());
  const found = await generator.generate(rows, { numBeams, maxLength: ROW.numPositions });
  return found.map(({ tokenIds }) => [...tokenIds]);
}

async function report(backend: Backend): Promise<ReportResults> {
  const weights = initializeParameters(rrgSpecs(CONFIG), createRandom(4));
  const detector = createDetector({
    config: CONFIG.detector,
    weights: partOf(weights, 'detector'),
    backend,
  });
  const film = image(1, DETECTOR_SIDE);
  const [found] = await detector.detect(film);
  const features = found!.regionFeatures;
  const boxFeatures = await detector.boxFeatures(film, Float32Array.of(8, 8, 90, 70));
  const selector = await createRegionSelector({
    config: CONFIG.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend,
  });
  const { selectionLogits } = await selector.select(features, Uint8Array.from(found!.isDetected, Number));
  const words: number[][][] = [];
  for (const prefersLongRuns of [true, false]) {
    const generator = await createReportGenerator({
      config: CONFIG.reportGen,
      weights: partOf(weights, 'reportGen'),
      tokenizer: numberTokenizer(CONFIG.reportGen),
      backend: withRunLength(backend, prefersLongRuns),
    });
    for (const numBeams of [1, 2]) words.push(await sentences(generator, numBeams));
  }
  return {
    numbers: {
      features: [...features],
      boxFeatures: [...boxFeatures],
      selectionLogits: [...selectionLogits],
    },
    words,
  };
}

/** Words are numbers. */
const TEXTS: TextTokenizer = {
  vocabSize: 40,
  padTokenId: 0,
  encode: (text) => ({ tokenIds: text.split(' ').map(Number), isTruncated: false }),
};

async function classification(backend: Backend): Promise<ReportResults['numbers']> {
  const weights = initializeParameters(rclipSpecs(RCLIP), createRandom(11));
  const rclip = createRclip({ config: RCLIP, weights, tokenizer: TEXTS, backend });
  const film = image(3, RCLIP_SIDE);
  const { features, embeddings, logits } = await rclip.encodeImage(film);
  const texts = await rclip.encodeText(['2 5 7 3', '2 9 3']);
  const { heatmap } = await rclip.explain(film);
  const lists = { encoded: features, embeddings: embeddings!, logits: logits!, texts };
  const numbers = Object.entries(lists).map(([name, { data }]) => [name, [...data]] as const);
  return { ...Object.fromEntries(numbers), heatmap: [...heatmap] };
}

/** Runs every graph of a report and of a classification once or more. What is compiled is left to the backend to release. */
export async function runReportGraphs(backend: Backend): Promise<ReportResults> {
  const { numbers, words } = await report(backend);
  return { numbers: { ...numbers, ...(await classification(backend)) }, words };
}
