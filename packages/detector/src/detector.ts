import {
  ShapeError,
  disposeSymbol,
  requireFinite,
  type AbortOptions,
  type ProgressListener,
  type Size,
} from '@crrg/core';
import {
  checkStateDict,
  float32,
  int32,
  runToHost,
  type Backend,
  type BackendTensor,
  type Executable,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import { ROI_BOX_WEIGHTS, decodeBoxes } from './box-coder.js';
import { clipBoxes, takeBoxes } from './boxes.js';
import type { DetectorDType } from './dtype.js';
import { CompiledGraphs } from './compiled-graphs.js';
import type { DetectorConfig } from './config.js';
import { createBatchProposals, type Proposals } from './proposals.js';
import { detectorSpecs } from './specs.js';

/** The regions of one image; every list has one entry per region. R regions (29), D width of region features. */
export interface RegionDetections {
  /** `[R, 4]` xyxy in input pixels, clipped; meaningless where `isDetected` is false. */
  readonly boxes: Float32Array;
  /** Probability of the region for its box, in [0, 1]; 0 where not detected. `[R]` */
  readonly scores: Float32Array;
  /** Whether any box prefers this region to the others. `[R]` */
  readonly isDetected: readonly boolean[];
  /** `[R, D]`; meaningless where `isDetected` is false. */
  readonly regionFeatures: Float32Array;
}

/** What a detector is made of. */
export interface DetectorOptions {
  readonly config: DetectorConfig;
  /** All parameters of `detectorSpecs(config)`, and no others. Must stay unchanged while the detector lives. */
  readonly weights: StateDict;
  /** Not disposed by the detector. */
  readonly backend: Backend;
  /**
   * How weights are kept. With `q8` scores differ in their third digit or so, and where two boxes are about as good the other one may be taken.
   * @defaultValue 'fp32'
   */
  readonly dtype?: DetectorDType | undefined;
}

/** Options of one call. */
export interface DetectOptions extends AbortOptions {
  /** Reports the stages `detector.backbone`, `detector.proposals` and `detector.roi`. */
  readonly onProgress?: ProgressListener | undefined;
  /**
   * Boxes `[N, 4]` of each image, xyxy in input pixels, to be scored in place of the detector's own proposals.
   * @defaultValue what `propose` gives
   */
  readonly proposals?: readonly Float32Array[] | undefined;
}

/** A detector with its compiled graphs. Calls must not overlap. */
export interface Detector extends Disposable {
  readonly config: DetectorConfig;
  /**
   * The regions of every image of a batch, `[B, 1, H, W]`, normalised float32, H and W multiples of 32.
   * @throws {ShapeError | ConfigError} for another shape
   * @throws {DisposedError} after `dispose()`
   * @throws {BackendError} where a score, box or feature is not finite, as with damaged weights
   */
  detect(images: HostTensor<'float32'>, options?: DetectOptions): Promise<RegionDetections[]>;
  /**
   * The boxes `[N, 4]` of every image (xyxy, input pixels) that the first stage proposes, best first, as `detect` scores them.
   * @throws as `detect`
   */
  propose(images: HostTensor<'float32'>, options?: AbortOptions): Promise<Float32Array[]>;
  /**
   * Region features `[N, D]` of given boxes `[N, 4]` (xyxy, input pixels) of one image `[1, 1, H, W]`: for a box that a person drew.
   * @throws {ShapeError | ConfigError} for another shape
   */
  boxFeatures(
    image: HostTensor<'float32'>,
    boxes: Float32Array,
    options?: AbortOptions,
  ): Promise<Float32Array>;
  dispose(): void;
}

function inputSizeOf(images: HostTensor<'float32'>): Size {
  const [batch, channels, height, width] = images.shape;
  if (images.shape.length !== 4 || channels !== 1 || batch === 0) {
    throw new ShapeError(
      `detector.detect: images must be [B, 1, H, W], got [${images.shape.join(', ')}]; pass one grey channel.`,
    );
  }
  return { height: height!, width: width! };
}

function checkProposals(proposals: readonly Float32Array[], numImages: number): void {
  if (proposals.length === numImages && proposals.every(({ length }) => length % 4 === 0)) return;
  throw new ShapeError(
    `detector.detect: expected boxes [N, 4] for each of ${numImages} images, got ${proposals.map(({ length }) => `${length} numbers`).join(', ') || 'none'}; pass N x 4 numbers an image.`,
  );
}

function noDetections(config: DetectorConfig): RegionDetections {
  return {
    boxes: new Float32Array(config.numRegions * 4),
    scores: new Float32Array(config.numRegions),
    isDetected: new Array<boolean>(config.numRegions).fill(false),
    regionFeatures: new Float32Array(config.numRegions * config.regionFeatureDim),
  };
}

async function timed<T>(
  stage: string,
  onProgress: ProgressListener | undefined,
  work: () => Promise<T> | T,
): Promise<T> {
  onProgress?.({ type: 'stage-start', stage });
  const start = performance.now();
  const result = await work();
  onProgress?.({ type: 'stage-end', stage, durationMs: performance.now() - start });
  return result;
}

function disposeAll(tensors: Readonly<Record<string, BackendTensor>>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

const DETECT = 'detector.detect';

type Outputs = Readonly<Record<string, BackendTensor>>;

/** Proposals of every image from the first stage's output. */
async function proposalsOf(outputs: Outputs, config: DetectorConfig, inputSize: Size): Promise<Proposals[]> {
  const output = {
    objectness: (await outputs['objectness']!.read()).data as Float32Array,
    boxDeltas: (await outputs['boxDeltas']!.read()).data as Float32Array,
  };
  requireFinite(DETECT, 'objectness of the detector', output.objectness);
  requireFinite(DETECT, 'offsets of the detector’s proposals', output.boxDeltas);
  return createBatchProposals(output, config, { mode: 'evaluation', inputSize });
}

/** Runs the second stage for one image and puts its boxes in place. */
async function topRegionsOf(
  stage: Executable,
  features: BackendTensor,
  image: number,
  boxes: Float32Array,
  inputSize: Size,
): Promise<RegionDetections> {
  const inputs = { features, image: int32([1], [image]), boxes: float32([1, boxes.length / 4, 4], boxes) };
  const outputs = await runToHost(stage, inputs);
  const { logitSum, indices, boxDeltas, scores, isDetected, regionFeatures } = outputs;
  const deltas = boxDeltas!.data as Float32Array;
  requireFinite(DETECT, 'region scores of the detector', logitSum!.data as Float32Array);
  requireFinite(DETECT, 'box offsets of the detector', deltas);
  requireFinite(DETECT, 'region features of the detector', regionFeatures!.data as Float32Array);
  return {
    boxes: clipBoxes(decodeBoxes(takeBoxes(boxes, indices!.data), deltas, ROI_BOX_WEIGHTS), inputSize),
    scores: scores!.data as Float32Array,
    isDetected: Array.from(isDetected!.data, (value) => value !== 0),
    regionFeatures: regionFeatures!.data as Float32Array,
  };
}

async function detect(
  graphs: CompiledGraphs,
  config: DetectorConfig,
  images: HostTensor<'float32'>,
  { signal, onProgress, proposals }: DetectOptions,
): Promise<RegionDetections[]> {
  const inputSize = inputSizeOf(images);
  if (proposals) checkProposals(proposals, images.shape[0]!);
  signal?.throwIfAborted();
  const backbone = await graphs.get('backbone', inputSize);
  const roi = await graphs.get('roi', inputSize);
  signal?.throwIfAborted();
  const outputs = await timed('detector.backbone', onProgress, () => backbone.run({ image: images }));
  try {
    signal?.throwIfAborted();
    const rois = await timed(
      'detector.proposals',
      onProgress,
      async () => proposals ?? (await proposalsOf(outputs, config, inputSize)).map(({ boxes }) => boxes),
    );
    return await timed('detector.roi', onProgress, async () => {
      const detections: RegionDetections[] = [];
      for (const [image, boxes] of rois.entries()) {
        signal?.throwIfAborted();
        const features = outputs['features']!;
        detections.push(
          boxes.length > 0
            ? await topRegionsOf(roi, features, image, boxes, inputSize)
            : noDetections(config),
        );
      }
      return detections;
    });
  } finally {
    disposeAll(outputs);
  }
}

async function propose(
  graphs: CompiledGraphs,
  config: DetectorConfig,
  images: HostTensor<'float32'>,
  { signal }: AbortOptions,
): Promise<Float32Array[]> {
  const inputSize = inputSizeOf(images);
  signal?.throwIfAborted();
  const backbone = await graphs.get('backbone', inputSize);
  signal?.throwIfAborted();
  const outputs = await backbone.run({ image: images });
  try {
    return (await proposalsOf(outputs, config, inputSize)).map(({ boxes }) => boxes);
  } finally {
    disposeAll(outputs);
  }
}

async function boxFeatures(
  graphs: CompiledGraphs,
  image: HostTensor<'float32'>,
  boxes: Float32Array,
  { signal }: AbortOptions,
): Promise<Float32Array> {
  const inputSize = inputSizeOf(image);
  if (image.shape[0] !== 1 || boxes.length === 0 || boxes.length % 4 !== 0) {
    throw new ShapeError(
      `detector.boxFeatures: expected one image and boxes [N, 4], got ${image.shape[0]} images and ${boxes.length} numbers; pass N x 4 numbers.`,
    );
  }
  signal?.throwIfAborted();
  const backbone = await graphs.get('backbone', inputSize);
  const stage = await graphs.get('boxes', inputSize);
  signal?.throwIfAborted();
  const outputs = await backbone.run({ image });
  try {
    signal?.throwIfAborted();
    const rows = float32([1, boxes.length / 4, 4], boxes);
    const inputs = { features: outputs['features']!, image: int32([1], [0]), boxes: rows };
    const features = (await runToHost(stage, inputs))['regionFeatures']!.data as Float32Array;
    requireFinite('detector.boxFeatures', 'region features of the detector', features);
    return features;
  } finally {
    disposeAll(outputs);
  }
}

/**
 * A detector over the given weights. Its graphs are compiled on first use, once per input size.
 * @throws {CheckpointError} where the weights do not fit the configuration
 *
 * @example
 * ```ts
 * using detector = createDetector({ config, weights, backend });
 * const [regions] = await detector.detect(float32([1, 1, 512, 512], pixels));
 * console.log(regions.boxes.subarray(0, 4), regions.scores[0]);
 * ```
 */
export function createDetector(options: DetectorOptions): Detector {
  const { config, weights } = options;
  checkStateDict(detectorSpecs(config), weights, 'detector.createDetector');
  const graphs = new CompiledGraphs(options);
  const dispose = () => graphs.dispose();
  return {
    config,
    detect: (images, callOptions = {}) => detect(graphs, config, images, callOptions),
    propose: (images, callOptions = {}) => propose(graphs, config, images, callOptions),
    boxFeatures: (image, boxes, callOptions = {}) => boxFeatures(graphs, image, boxes, callOptions),
    dispose,
    [disposeSymbol]: dispose,
  };
}
