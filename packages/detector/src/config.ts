import {
  ANATOMICAL_REGIONS,
  ConfigError,
  completeFields,
  fieldCheck,
  fieldChecks,
  refuseProblems,
  type FieldChecks,
  type Size,
} from '@crrg/core';

/** How many proposals the region proposal network keeps. */
export interface ProposalLimits {
  /** Boxes with the highest objectness that enter non-maximum suppression. */
  readonly preNms: number;
  /** Boxes kept after it. */
  readonly postNms: number;
}

/** Sizes and thresholds of the region proposal network. */
export interface RpnConfig {
  readonly training: ProposalLimits;
  readonly evaluation: ProposalLimits;
  /** A box that overlaps a better one by more than this IoU is suppressed. */
  readonly nmsIouThreshold: number;
  /** Boxes narrower or lower than this many input pixels are dropped. */
  readonly minBoxSize: number;
  /** Anchors with at least this IoU learn to be an object; those below `negativeIou` learn to be none; the rest are ignored. */
  readonly positiveIou: number;
  readonly negativeIou: number;
  /** Anchors per image in the loss. */
  readonly sampleSize: number;
  /** Largest share of positives among them. */
  readonly positiveFraction: number;
}

/** Sizes and thresholds of the RoI head. */
export interface RoiConfig {
  /** RoIAlign gives `outputSize x outputSize` bins. */
  readonly outputSize: number;
  /** Each bin averages `samplingRatio x samplingRatio` points. */
  readonly samplingRatio: number;
  /** Boxes with at least this IoU take the class of their region, the others are background. */
  readonly positiveIou: number;
  /** Boxes per image in the loss. */
  readonly sampleSize: number;
  /** Largest share of positives among them. */
  readonly positiveFraction: number;
}

/**
 * Architecture of the detector, as JSON beside its weights. The defaults are the paper's full size.
 * Source: Faster R-CNN as RGRG's `object_detector.py` sets it up.
 */
export interface DetectorConfig {
  /** Side of the square network input in pixels; a multiple of 32. */
  readonly imageSize: number;
  /** Channels of the first convolution. */
  readonly stemWidth: number;
  /** Bottleneck width of the four ResNet stages; a stage gives four times as many channels. */
  readonly planes: readonly number[];
  /** Bottleneck blocks of the four stages. */
  readonly blocks: readonly number[];
  readonly anchors: {
    /** Square roots of the anchor areas in input pixels. */
    readonly sizes: readonly number[];
    /** Height divided by width. */
    readonly ratios: readonly number[];
  };
  readonly rpn: RpnConfig;
  readonly roi: RoiConfig;
  /** Width of the two fully connected layers of the box head. */
  readonly representationSize: number;
  /** Classes without background. */
  readonly numRegions: number;
  /** Width of the region features that the other models read. */
  readonly regionFeatureDim: number;
}

/** Pixels of the network input per feature cell. */
export const STRIDE = 32;

/** The published architecture: ResNet-50 C5 over 512 x 512 pixels. */
export const DEFAULT_DETECTOR_CONFIG: DetectorConfig = {
  imageSize: 512,
  stemWidth: 64,
  planes: [64, 128, 256, 512],
  blocks: [3, 4, 6, 3],
  anchors: {
    sizes: [20, 40, 60, 80, 100, 120, 140, 160, 180, 300],
    ratios: [0.2, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.3, 1.5, 2.1, 2.6, 3.0, 5.0, 8.0],
  },
  rpn: {
    training: { preNms: 2000, postNms: 2000 },
    evaluation: { preNms: 1000, postNms: 1000 },
    nmsIouThreshold: 0.7,
    minBoxSize: 1e-3,
    positiveIou: 0.7,
    negativeIou: 0.3,
    sampleSize: 256,
    positiveFraction: 0.5,
  },
  roi: { outputSize: 8, samplingRatio: 2, positiveIou: 0.5, sampleSize: 512, positiveFraction: 0.25 },
  representationSize: 1024,
  numRegions: ANATOMICAL_REGIONS.length,
  regionFeatureDim: 1024,
};

/** Anchors of one feature cell: `sizes x ratios`. */
export function anchorsPerCell(config: DetectorConfig): number {
  return config.anchors.sizes.length * config.anchors.ratios.length;
}

/** Channels of the feature map: four times the last stage's width. */
export function featureChannels(config: DetectorConfig): number {
  return 4 * config.planes[config.planes.length - 1]!;
}

/**
 * Cells of the feature map of an input of the given size.
 * @throws {ConfigError} where a side is no positive multiple of {@link STRIDE}
 */
export function featureSize(inputSize: Size): Size {
  for (const side of [inputSize.height, inputSize.width]) {
    if (!Number.isInteger(side) || side <= 0 || side % STRIDE !== 0) {
      throw new ConfigError(
        `detector: expected an input whose sides are multiples of ${STRIDE}, got ${inputSize.height} x ${inputSize.width}; pad the image.`,
      );
    }
  }
  return { height: inputSize.height / STRIDE, width: inputSize.width / STRIDE };
}

const { count, fraction, fourCounts, length, positives } = fieldChecks;
const side = fieldCheck(
  (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) % STRIDE === 0,
  `a positive multiple of ${STRIDE}`,
);

const limits: FieldChecks = { preNms: count, postNms: count };
const CHECKS: FieldChecks = {
  imageSize: side,
  stemWidth: count,
  planes: fourCounts,
  blocks: fourCounts,
  anchors: { sizes: positives, ratios: positives },
  rpn: {
    training: limits,
    evaluation: limits,
    nmsIouThreshold: fraction,
    minBoxSize: length,
    positiveIou: fraction,
    negativeIou: fraction,
    sampleSize: count,
    positiveFraction: fraction,
  },
  roi: {
    outputSize: count,
    samplingRatio: count,
    positiveIou: fraction,
    sampleSize: count,
    positiveFraction: fraction,
  },
  representationSize: count,
  numRegions: count,
  regionFeatureDim: count,
};

/**
 * A complete, checked configuration; fields that are left out take the paper's value.
 * @throws {ConfigError} one error that names every bad or unknown field
 *
 * @example
 * ```ts
 * const config = parseDetectorConfig({ imageSize: 256, stemWidth: 16, planes: [16, 32, 64, 128] });
 * ```
 */
export function parseDetectorConfig(json: unknown): DetectorConfig {
  const problems: string[] = [];
  const config = completeFields(
    json,
    DEFAULT_DETECTOR_CONFIG,
    CHECKS,
    '',
    problems,
  ) as unknown as DetectorConfig;
  if (problems.length === 0 && config.rpn.negativeIou > config.rpn.positiveIou)
    problems.push('rpn.negativeIou must not exceed rpn.positiveIou');
  refuseProblems('detector.parseDetectorConfig', problems);
  return config;
}
