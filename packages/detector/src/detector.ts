import {
  DisposedError,
  ShapeError,
  disposeSymbol,
  type AbortOptions,
  type ProgressListener,
  type Size,
} from '@crrg/core';
import {
  checkStateDict,
  float32,
  int32,
  runToHost,
  trace,
  type Backend,
  type BackendTensor,
  type Executable,
  type Graph,
  type HostTensor,
  type RunInput,
  type StateDict,
} from '@crrg/tensor';
import { createAnchors } from './anchors.js';
import { ROI_BOX_WEIGHTS, decodeBoxes } from './box-coder.js';
import { clipBoxes, takeBoxes } from './boxes.js';
import { featureChannels, featureSize, type DetectorConfig } from './config.js';
import {
  backboneAndRpn,
  cheaperOrder,
  pooledBoxFeatures,
  regionProjection,
  roiHead,
  takeRows,
  topBoxDeltas,
  topRegions,
} from './forward.js';
import { detectorSpecs } from './params.js';
import { createProposals, type Proposals } from './proposals.js';
import type { Sampler } from './samplers.js';
import { assignRoiTargets, type GroundTruth } from './targets.js';

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
}

/** Options of one call. */
export interface DetectOptions extends AbortOptions {
  /** Reports the stages `detector.backbone`, `detector.proposals` and `detector.roi`. */
  readonly onProgress?: ProgressListener | undefined;
  /**
   * Annotated boxes of each image, to be mixed into the proposals before a sample is drawn from them. That is how the reference
   * program measures itself (trap T1) and it flatters the result: for comparison only.
   * @defaultValue none: all proposals are used
   */
  readonly reference?:
    { readonly groundTruth: readonly GroundTruth[]; readonly sampler: Sampler } | undefined;
}

/** A detector with its compiled stages. Calls must not overlap. */
export interface Detector extends Disposable {
  readonly config: DetectorConfig;
  /**
   * The regions of every image of a batch, `[B, 1, H, W]`, normalised float32, H and W multiples of 32.
   * @throws {ShapeError | ConfigError} for another shape
   * @throws {DisposedError} after `dispose()`
   */
  detect(images: HostTensor<'float32'>, options?: DetectOptions): Promise<RegionDetections[]>;
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

/** First stage: `image [B, 1, H, W]` to `features [B, C, h, w]`, `objectness [B, L]`, `boxDeltas [B, L, 4]` in anchor order. */
export function traceBackboneAndRpn(config: DetectorConfig, inputSize: Size): Graph {
  const inputs = { image: { shape: ['batch', 1, inputSize.height, inputSize.width] } };
  return trace({ inputs, parameters: detectorSpecs(config) }, (ops, { inputs, parameters }) => {
    const { features, objectness, boxDeltas } = backboneAndRpn(ops, parameters, inputs['image']!, config);
    return { features, objectness, boxDeltas };
  });
}

function roiInputs(config: DetectorConfig, inputSize: Size) {
  const { height, width } = featureSize(inputSize);
  return {
    features: { shape: ['batch', featureChannels(config), height, width] },
    image: { shape: [1], dtype: 'int32' as const },
    boxes: { shape: [1, 'boxes', 4] },
  };
}

/** Second stage, for the image number `image [1]` and its `boxes [1, N, 4]`: the best box of every region. */
export function traceTopRegions(config: DetectorConfig, inputSize: Size): Graph {
  const inputs = roiInputs(config, inputSize);
  const { height, width } = featureSize(inputSize);
  const order = cheaperOrder(config, height * width, config.rpn.evaluation.postNms);
  return trace({ inputs, parameters: detectorSpecs(config) }, (ops, { inputs, parameters }) => {
    const features = ops.gather(inputs['features']!, inputs['image']!, 0);
    const roi = roiHead(ops, parameters, features, inputs['boxes']!, config, order);
    const { scores, isDetected, indices } = topRegions(ops, roi.classLogits);
    return {
      scores,
      isDetected,
      indices,
      boxDeltas: topBoxDeltas(ops, roi.boxDeltas, indices),
      regionFeatures: regionProjection(ops, parameters, takeRows(ops, roi.pooledFeatures, indices)),
    };
  });
}

function traceBoxFeatures(config: DetectorConfig, inputSize: Size): Graph {
  return trace(
    { inputs: roiInputs(config, inputSize), parameters: detectorSpecs(config) },
    (ops, { inputs, parameters }) => {
      const features = ops.gather(inputs['features']!, inputs['image']!, 0);
      return {
        regionFeatures: regionProjection(
          ops,
          parameters,
          pooledBoxFeatures(ops, features, inputs['boxes']!, config),
        ),
      };
    },
  );
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

function noDetections(config: DetectorConfig): RegionDetections {
  return {
    boxes: new Float32Array(config.numRegions * 4),
    scores: new Float32Array(config.numRegions),
    isDetected: new Array<boolean>(config.numRegions).fill(false),
    regionFeatures: new Float32Array(config.numRegions * config.regionFeatureDim),
  };
}

type StageName = 'backbone' | 'roi' | 'boxes';

/** Compiled stages by name and input size. */
class Stages {
  private readonly compiled = new Map<string, Promise<Executable>>();
  private disposed = false;

  constructor(private readonly options: DetectorOptions) {}

  get(name: StageName, inputSize: Size): Promise<Executable> {
    if (this.disposed) throw new DisposedError('detector');
    const { config, weights, backend } = this.options;
    const key = `${name} ${inputSize.height}x${inputSize.width}`;
    const known = this.compiled.get(key);
    if (known) return known;
    const tracers = { backbone: traceBackboneAndRpn, roi: traceTopRegions, boxes: traceBoxFeatures };
    const executable = backend.compile(tracers[name](config, inputSize), {
      weights,
      name: `detector.${name}`,
    });
    this.compiled.set(key, executable);
    executable.catch(() => this.compiled.delete(key));
    return executable;
  }

  dispose(): void {
    this.disposed = true;
    for (const executable of this.compiled.values())
      executable.then(
        (stage) => stage.dispose(),
        () => undefined,
      );
    this.compiled.clear();
  }
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

/**
 * A detector over the given weights. Stages are compiled on first use, once per input size.
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
  const stages = new Stages(options);

  const proposalsOf = async (
    outputs: Readonly<Record<string, BackendTensor>>,
    inputSize: Size,
  ): Promise<Proposals[]> => {
    const objectness = (await outputs['objectness']!.read()).data as Float32Array;
    const boxDeltas = (await outputs['boxDeltas']!.read()).data as Float32Array;
    const anchors = createAnchors(config, inputSize);
    const length = anchors.length / 4;
    const limits = config.rpn.evaluation;
    return Array.from({ length: objectness.length / length }, (_, image) =>
      createProposals(
        {
          objectness: objectness.subarray(image * length, (image + 1) * length),
          boxDeltas: boxDeltas.subarray(4 * image * length, 4 * (image + 1) * length),
        },
        anchors,
        { config: config.rpn, limits, inputSize },
      ),
    );
  };

  const topRegionsOf = async (
    features: RunInput,
    image: number,
    boxes: Float32Array,
    inputSize: Size,
  ): Promise<RegionDetections> => {
    const numBoxes = boxes.length / 4;
    if (numBoxes === 0) return noDetections(config);
    const stage = await stages.get('roi', inputSize);
    const output = await runToHost(stage, {
      features,
      image: int32([1], [image]),
      boxes: float32([1, numBoxes, 4], boxes),
    });
    const decoded = decodeBoxes(
      takeBoxes(boxes, output['indices']!.data),
      output['boxDeltas']!.data as Float32Array,
      ROI_BOX_WEIGHTS,
    );
    return {
      boxes: clipBoxes(decoded, inputSize),
      scores: output['scores']!.data as Float32Array,
      isDetected: Array.from(output['isDetected']!.data, (value) => value !== 0),
      regionFeatures: output['regionFeatures']!.data as Float32Array,
    };
  };

  const detect = async (
    images: HostTensor<'float32'>,
    { signal, onProgress, reference }: DetectOptions = {},
  ) => {
    const inputSize = inputSizeOf(images);
    signal?.throwIfAborted();
    const backbone = await stages.get('backbone', inputSize);
    signal?.throwIfAborted();
    const outputs = await timed('detector.backbone', onProgress, () => backbone.run({ image: images }));
    try {
      const proposals = await timed('detector.proposals', onProgress, () => proposalsOf(outputs, inputSize));
      return await timed('detector.roi', onProgress, async () => {
        const detections: RegionDetections[] = [];
        for (const [image, { boxes }] of proposals.entries()) {
          signal?.throwIfAborted();
          const truth = reference?.groundTruth[image];
          const rois = truth ? assignRoiTargets(boxes, truth, config.roi, reference.sampler).boxes : boxes;
          detections.push(await topRegionsOf(outputs['features']!, image, rois, inputSize));
        }
        return detections;
      });
    } finally {
      disposeAll(outputs);
    }
  };

  const boxFeatures = async (
    image: HostTensor<'float32'>,
    boxes: Float32Array,
    { signal }: AbortOptions = {},
  ) => {
    const inputSize = inputSizeOf(image);
    if (image.shape[0] !== 1 || boxes.length === 0 || boxes.length % 4 !== 0) {
      throw new ShapeError(
        `detector.boxFeatures: expected one image and boxes [N, 4], got ${image.shape[0]} images and ${boxes.length} numbers; pass N x 4 numbers.`,
      );
    }
    const backbone = await stages.get('backbone', inputSize);
    const stage = await stages.get('boxes', inputSize);
    signal?.throwIfAborted();
    const outputs = await backbone.run({ image });
    try {
      signal?.throwIfAborted();
      const inputs = {
        features: outputs['features']!,
        image: int32([1], [0]),
        boxes: float32([1, boxes.length / 4, 4], boxes),
      };
      return (await runToHost(stage, inputs))['regionFeatures']!.data as Float32Array;
    } finally {
      disposeAll(outputs);
    }
  };

  const dispose = () => stages.dispose();
  return { config, detect, boxFeatures, dispose, [disposeSymbol]: dispose };
}
