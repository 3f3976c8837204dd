import { clipBox, type AbortOptions, type Box, type WarningListener } from '@crrg/core';
import { createDetector, type Detector } from '@crrg/detector';
import type { GreyImage, PreprocessedImage } from '@crrg/image';
import { createRclip, requireProbe, type Rclip } from '@crrg/rclip';
import { createRegionSelector, type RegionSelector } from '@crrg/region-selector';
import { createReportGenerator, type ReportGenDType, type ReportGenerator } from '@crrg/report-gen';
import { float32, type Backend, type HostTensor } from '@crrg/tensor';
import type { RclipModel } from './models/rclip-model.js';
import type { ReportModel } from './models/report-model.js';
import { partOf } from './models/rrg-config.js';
import type { ReportOptions } from './options.js';

/** Beams where neither the pipeline nor the call says a number. */
const DEFAULT_BEAMS = 4;
/** Tokens of a sentence where the call says no number. */
const DEFAULT_MAX_LENGTH = 300;

/** The compiled networks of a report, on a backend that stays its owner's. */
export interface ReportNetworks {
  readonly model: ReportModel;
  readonly backend: Backend;
  readonly detector: Detector;
  readonly selector: RegionSelector;
  readonly generator: ReportGenerator;
  /** How the generator keeps its weights. */
  readonly dtype: ReportGenDType;
  /** The most beams that a report may ask for. */
  readonly maxBeams: number;
  dispose(): void;
}

/** The compiled network of a classification, on a backend that stays its owner's. */
export interface ClassifierNetwork {
  readonly model: RclipModel;
  readonly backend: Backend;
  readonly rclip: Rclip;
  dispose(): void;
}

/** How {@link compileReportNetworks} compiles. */
interface CompileOptions extends AbortOptions {
  /** @defaultValue 'fp32' */
  readonly dtype?: ReportGenDType | undefined;
  /** @defaultValue 4 */
  readonly maxBeams?: number | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/**
 * Compiles detector, region selector and sentence generator of a model. A network that fails releases those before it.
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export async function compileReportNetworks(
  model: ReportModel,
  backend: Backend,
  { dtype = 'fp32', maxBeams = DEFAULT_BEAMS, signal, onWarning }: CompileOptions = {},
): Promise<ReportNetworks> {
  const { config, tokenizer } = model;
  const made: { dispose(): void }[] = [];
  const dispose = () => {
    for (const network of made.splice(0)) network.dispose();
  };
  const keep = <T extends { dispose(): void }>(network: T): T => {
    made.push(network);
    return network;
  };
  const weightsOf = (part: Parameters<typeof partOf>[1]) => partOf(model.weights, part);
  try {
    const detector = keep(
      createDetector({
        config: config.detector,
        weights: weightsOf('detector'),
        backend,
        dtype: dtype === 'fp32' ? 'fp32' : 'q8',
      }),
    );
    const selector = keep(
      await createRegionSelector({
        config: config.regionSelector,
        weights: weightsOf('regionSelector'),
        backend,
        signal,
      }),
    );
    const generator = keep(
      await createReportGenerator({
        config: config.reportGen,
        weights: weightsOf('reportGen'),
        tokenizer,
        backend,
        dtype,
        maxBeams,
        signal,
        onWarning,
      }),
    );
    return { model, backend, detector, selector, generator, dtype, maxBeams, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * The classifier of a model, whose graphs are compiled at their first use.
 * @throws {ConfigError} for a model without a probe
 * @throws {CheckpointError} for weights of another configuration
 */
export function compileClassifier(model: RclipModel, backend: Backend): ClassifierNetwork {
  const { config, weights } = model;
  requireProbe(config, 'pipeline.createRadiographClassifier');
  const rclip = createRclip({ config, weights, backend });
  return { model, backend, rclip, dispose: () => rclip.dispose() };
}

/** With how many beams sentences are searched, and how many tokens they may have. */
export function searchSettings(
  { model, maxBeams }: ReportNetworks,
  {
    numBeams = Math.min(DEFAULT_BEAMS, maxBeams),
    maxLength = DEFAULT_MAX_LENGTH,
  }: Pick<ReportOptions, 'numBeams' | 'maxLength'>,
): { readonly numBeams: number; readonly maxLength: number } {
  return { numBeams, maxLength: Math.min(maxLength, model.config.reportGen.numPositions) };
}

/** `[B, 1, S, S]`. */
export function toBatch(images: readonly PreprocessedImage[]): HostTensor<'float32'> {
  const { size } = images[0]!;
  return float32([images.length, 1, size, size], joinRows(images.map(({ data }) => data)));
}

/** The values of all parts, one after the other. */
export function joinRows(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A box of a flat `[N, 4]` list in the `input` frame, in pixels of the picture and cut to it. */
export function boxInImage(
  boxes: Float32Array,
  row: number,
  { transform }: PreprocessedImage,
  image: GreyImage,
): Box {
  const [x1, y1, x2, y2] = boxes.subarray(4 * row, 4 * row + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return clipBox(transform.toImage({ x1, y1, x2, y2 }), image);
}
