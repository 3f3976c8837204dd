import { clipBox, type Box } from '@crrg/core';
import type { Detector } from '@crrg/detector';
import type { GreyImage, PreprocessedImage } from '@crrg/image';
import type { RegionSelector } from '@crrg/region-selector';
import type { GeneratedSentence, ReportGenerator } from '@crrg/report-gen';
import { float32, type HostTensor } from '@crrg/tensor';
import type { PipelineParts, ReportOptions } from './report-pipeline.js';

/** Beams where neither the pipeline nor the call says a number. */
export const DEFAULT_BEAMS = 4;
const DEFAULT_MAX_LENGTH = 300;

/** The compiled networks of a report. */
export interface Stages {
  readonly detector: Detector;
  readonly selector: RegionSelector;
  readonly generator: ReportGenerator;
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

/** `[1, 1, S, S]`. */
export function toBatch({ data, size }: PreprocessedImage): HostTensor<'float32'> {
  return float32([1, 1, size, size], data);
}

/** The longest sentence that a call may write, in tokens. */
export function cutLength({ model }: PipelineParts, maxLength = DEFAULT_MAX_LENGTH): number {
  return Math.min(maxLength, model.config.reportGen.numPositions);
}

/** A sentence for each row of `features [R, F]`. */
export async function generateSentences(
  { generator }: Stages,
  features: Float32Array,
  parts: PipelineParts,
  options: ReportOptions,
): Promise<GeneratedSentence[]> {
  const { numBeams, signal, onProgress } = options;
  return generator.generate(features, {
    numBeams,
    maxLength: cutLength(parts, options.maxLength),
    signal,
    onProgress,
  });
}
