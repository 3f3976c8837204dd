/** Host side of the probe. Shape shorthand: `S` side, `L` labels, `h w` cells of the heat map. */
import { BackendError, ConfigError, ShapeError, requireFinite, type AbortOptions } from '@crrg/core';
import { float32, runToHost, type HostTensor } from '@crrg/tensor';
import { toProbability } from './calibration.js';
import type { CompiledGraphs } from './compiled-graphs.js';
import { requireProbe, type ProbeConfig, type RclipConfig } from './config.js';
import { requireImages } from './encode.js';

/** What the probe says of one label of one image. */
export interface LabelScore {
  readonly label: string;
  /** In [0, 1]; calibrated where the model's temperatures are. */
  readonly probability: number;
  readonly threshold: number;
  /** True where the probability is above the threshold. */
  readonly positive: boolean;
}

/** Where the probe looked. */
export interface Explanation {
  readonly label: string;
  readonly probability: number;
  /** Cells of the heat map. */
  readonly height: number;
  readonly width: number;
  /** `[height, width]` over the network's square input, row-major, in [0, 1] with the largest cell 1; all 0 where nothing speaks for the label. */
  readonly heatmap: Float32Array;
}

/**
 * Scores of every label from the logits `[L]` of one image.
 * @throws {BackendError} where a logit is not finite: such a score would count as "not found"
 */
export function labelScores(logits: Float32Array, probe: ProbeConfig): LabelScore[] {
  return probe.labels.map((label, index) => {
    if (!Number.isFinite(logits[index]))
      throw new BackendError(
        `rclip.classify: expected a finite logit for ${label}, got ${logits[index]}; check the weights with crrg models verify, or take another backend.`,
      );
    const probability = toProbability(logits[index]!, probe.temperatures[index]!);
    const threshold = probe.thresholds[index]!;
    return { label, probability, threshold, positive: probability > threshold };
  });
}

/** Where the probe looked for a label in one image `[1, 3, S, S]`. */
export async function explainLabel(
  graphs: CompiledGraphs,
  config: RclipConfig,
  image: HostTensor<'float32'>,
  { label, signal }: AbortOptions & { readonly label?: string | undefined },
): Promise<Explanation> {
  const where = 'rclip.explain';
  const probe = requireProbe(config, where);
  if (requireImages(where, config, image) !== 1)
    throw new ShapeError(`${where}: expected one image, got ${image.shape[0]}; explain them one by one.`);
  const index = label === undefined ? 0 : probe.labels.indexOf(label);
  if (index < 0)
    throw new ConfigError(
      `${where}: expected one of ${probe.labels.join(', ')}, got ${JSON.stringify(label)}; name a label of this model.`,
    );
  signal?.throwIfAborted();
  const selection = new Float32Array(probe.labels.length);
  selection[index] = 1;
  const outputs = await runToHost(await graphs.get('explanation'), {
    images: image,
    selection: float32([1, selection.length], selection),
  });
  const { shape } = outputs['heatmap']!;
  const data = outputs['heatmap']!.data as Float32Array;
  requireFinite(where, 'heat map of the classifier', data);
  const largest = data.reduce((a, b) => Math.max(a, b), 0);
  const [, height, width] = shape as [number, number, number];
  return {
    label: probe.labels[index]!,
    probability: toProbability(outputs['logits']!.data[index]!, probe.temperatures[index]!),
    height,
    width,
    heatmap: Float32Array.from(data, (value) => (largest > 0 ? value / largest : 0)),
  };
}
