import { ShapeError, requireFinite, type AbortOptions } from '@crrg/core';
import {
  checkStateDict,
  float32,
  runToHost,
  trace,
  type Backend,
  type Executable,
  type Graph,
  type StateDict,
} from '@crrg/tensor';
import type { RegionSelectorConfig } from './config.js';
import { decideRegions } from './decision.js';
import { classifyRegions } from './forward.js';
import { regionSelectorSpecs } from './specs.js';

/** What {@link createRegionSelector} needs. */
export interface RegionSelectorOptions extends AbortOptions {
  readonly config: RegionSelectorConfig;
  /** Weights by the names of {@link regionSelectorSpecs}. */
  readonly weights: StateDict;
  /** Stays the caller's. */
  readonly backend: Backend;
}

/** The decisions for `B` images of `R` regions, row-major `[B, R]`. */
export interface RegionSelection {
  readonly selectionLogits: Float32Array;
  readonly abnormalityLogits: Float32Array;
  /** 1 where the region is detected and its selection logit is above the threshold. */
  readonly isSelected: Uint8Array;
  /** 1 where the abnormality logit is above the threshold, detected or not. */
  readonly isAbnormal: Uint8Array;
}

/** The two compiled classifiers. */
export interface RegionSelector {
  /**
   * Decides which regions get a sentence.
   * @param regionFeatures `[B, R, D]`
   * @param isDetected `[B, R]`, 0 or 1
   * @throws {ShapeError} where the lengths do not fit
   * @throws {BackendError} where a logit is not finite, as with damaged weights
   */
  select(regionFeatures: Float32Array, isDetected: Uint8Array): Promise<RegionSelection>;
  dispose(): void;
}

/** The graph of both classifiers: input `regionFeatures [N, D]`, outputs `selectionLogits` and `abnormalityLogits`, `[N]`. */
export function traceRegionSelector(config: RegionSelectorConfig): Graph {
  return trace(
    {
      inputs: { regionFeatures: { shape: ['N', config.inputDim] } },
      parameters: regionSelectorSpecs(config),
    },
    (ops, { inputs, parameters }) => ({
      selectionLogits: classifyRegions(ops, parameters, inputs['regionFeatures']!, 'selection'),
      abnormalityLogits: classifyRegions(ops, parameters, inputs['regionFeatures']!, 'abnormality'),
    }),
  );
}

/**
 * Compiles the region classifiers.
 * @throws {CheckpointError} where the weights do not fit the configuration
 *
 * @example
 * ```ts
 * const selector = await createRegionSelector({ config, weights, backend });
 * const { isSelected } = await selector.select(regionFeatures, isDetected);
 * ```
 */
export async function createRegionSelector(options: RegionSelectorOptions): Promise<RegionSelector> {
  const { config, weights, backend, signal } = options;
  checkStateDict(regionSelectorSpecs(config), weights, 'region-selector.createRegionSelector');
  const executable = await backend.compile(traceRegionSelector(config), {
    weights,
    name: 'regionSelector',
    signal,
  });
  return {
    select: (regionFeatures, isDetected) => select(executable, config, regionFeatures, isDetected),
    dispose: () => executable.dispose(),
  };
}

async function select(
  executable: Executable,
  config: RegionSelectorConfig,
  regionFeatures: Float32Array,
  isDetected: Uint8Array,
): Promise<RegionSelection> {
  const count = isDetected.length;
  if (regionFeatures.length !== count * config.inputDim) {
    throw new ShapeError(
      `region-selector.select: expected ${count * config.inputDim} features for ${count} regions of width ${config.inputDim}, got ${regionFeatures.length}; pass features [B, R, ${config.inputDim}] and isDetected [B, R].`,
    );
  }
  const outputs = await runToHost(executable, {
    regionFeatures: float32([count, config.inputDim], regionFeatures),
  });
  const selectionLogits = outputs['selectionLogits']!.data as Float32Array;
  const abnormalityLogits = outputs['abnormalityLogits']!.data as Float32Array;
  const where = 'region-selector.select';
  requireFinite(where, 'selection logits of the region selector', selectionLogits);
  requireFinite(where, 'abnormality logits of the region selector', abnormalityLogits);
  return {
    selectionLogits,
    abnormalityLogits,
    isSelected: decideRegions(selectionLogits, config.thresholdLogit, isDetected),
    isAbnormal: decideRegions(abnormalityLogits, config.thresholdLogit),
  };
}
