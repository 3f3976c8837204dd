import { createDetector, type RegionDetections } from '@crrg/detector';
import { preprocessRadiograph } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { partOf, type ReportModel } from '@crrg/pipeline';
import { createRegionSelector } from '@crrg/region-selector';
import { createReportGenerator, type ReportGenDType } from '@crrg/report-gen';
import { float32, type Backend } from '@crrg/tensor';
import { watchBackend } from './watched-backend.js';

/** What a report goes through, in order. */
export const STAGES = ['preprocess', 'backbone', 'proposals', 'roi', 'select', 'prefill', 'decode'] as const;

/** Milliseconds by stage, and by compiled graph as `run of NAME`. */
export type Laps = Readonly<Record<string, number>>;

/** Milliseconds of all stages, or of some. */
export const sumOf = (laps: Laps, stages: readonly (typeof STAGES)[number][] = STAGES): number =>
  stages.reduce((total, stage) => total + (laps[stage] ?? 0), 0);

/** The text that films get: as much for each, whatever is on it. */
export interface TextWork {
  /** Regions of a film that get a sentence, detected ones first. */
  readonly regions: number;
  readonly beams: number;
  /** Of each sentence. */
  readonly tokens: number;
}

/** Times of films that went through all stages together. */
export interface StageTimes {
  readonly laps: Laps;
  /** Boxes that the RoI head saw. */
  readonly numBoxes: number;
}

/** A report model in stages. */
export interface ReportStages {
  /** Runs films, as encoded images, through all stages together. */
  run(films: readonly Uint8Array[], work: TextWork): Promise<StageTimes>;
  dispose(): void;
}

/** Compiles the stages of a model whose texts do not end by themselves, as of `openFullModel`. */
export async function openStages(
  backend: Backend,
  { config, weights, tokenizer }: ReportModel,
  { dtype, maxBeams }: { readonly dtype: ReportGenDType; readonly maxBeams: number },
): Promise<ReportStages> {
  let laps: Record<string, number> = {};
  let numBoxes = 0;
  let steps = 0;
  const add = (stage: string, ms: number) => void (laps[stage] = (laps[stage] ?? 0) + ms);
  const watched = watchBackend(backend, {
    onCompile: () => undefined,
    onRun: ({ name, ms, inputs }) => {
      if (name === 'detector.roi') numBoxes = inputs['boxes']!.shape[1]!;
      add(`run of ${name}`, ms);
    },
  });
  const detector = createDetector({
    config: config.detector,
    weights: partOf(weights, 'detector'),
    backend: watched,
    dtype: dtype === 'fp32' ? 'fp32' : 'q8',
  });
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend: watched,
  });
  const generator = await createReportGenerator({
    config: config.reportGen,
    weights: partOf(weights, 'reportGen'),
    tokenizer,
    backend: watched,
    maxBeams,
    dtype,
  });

  const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    add(stage, performance.now() - started);
    return result;
  };
  const { imageSize } = config.detector;
  const prepare = async (films: readonly Uint8Array[]): Promise<Float32Array> => {
    const images = new Float32Array(films.length * imageSize ** 2);
    for (const [at, film] of films.entries())
      images.set(
        preprocessRadiograph(await decodeImage(film), { size: imageSize }).data,
        at * imageSize ** 2,
      );
    return images;
  };
  const detect = (images: Float32Array): Promise<RegionDetections[]> =>
    detector.detect(float32([images.length / imageSize ** 2, 1, imageSize, imageSize], images), {
      onProgress: (event) => {
        if (event.type === 'stage-end') add(event.stage.replace('detector.', ''), event.durationMs);
      },
    });
  const select = async (found: readonly RegionDetections[]) => {
    for (const { regionFeatures, isDetected } of found)
      await selector.select(regionFeatures, Uint8Array.from(isDetected, Number));
  };
  const write = async (features: Float32Array, { beams, tokens }: TextWork) => {
    const started = performance.now();
    let decodeStarted = started;
    const texts = await generator.search(features, {
      numBeams: beams,
      maxLength: tokens + 1,
      onProgress: (event) => {
        if (event.type !== 'token') return;
        steps = event.step;
        if (steps === 1) decodeStarted = performance.now();
      },
    });
    add('prefill', decodeStarted - started);
    add('decode', performance.now() - decodeStarted);
    const expected = features.length / config.reportGen.regionFeatureDim;
    if (steps !== tokens || texts.length !== expected)
      throw new Error(
        `benchmarks: ${texts.length} texts in ${steps} steps, expected ${expected} in ${tokens}.`,
      );
  };
  return {
    run: async (films, work) => {
      laps = {};
      steps = 0;
      const images = await timed('preprocess', () => prepare(films));
      const found = await detect(images);
      await timed('select', () => select(found));
      await write(firstRows(found, work.regions, config.reportGen.regionFeatureDim), work);
      return { laps, numBoxes };
    },
    dispose: () => {
      detector.dispose();
      selector.dispose();
      generator.dispose();
    },
  };
}

/** Features of some regions of each film, detected ones first. */
function firstRows(films: readonly RegionDetections[], count: number, width: number): Float32Array {
  const taken = new Float32Array(films.length * count * width);
  for (const [film, { isDetected, regionFeatures }] of films.entries()) {
    const order = [...isDetected.keys()].sort(
      (a, b) => Number(isDetected[b]) - Number(isDetected[a]) || a - b,
    );
    order
      .slice(0, count)
      .forEach((region, row) =>
        taken.set(
          regionFeatures.subarray(region * width, (region + 1) * width),
          (film * count + row) * width,
        ),
      );
  }
  return taken;
}
