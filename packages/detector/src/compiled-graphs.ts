import type { Size } from '@crrg/core';
import { ExecutableCache, type Backend, type Executable, type StateDict } from '@crrg/tensor';
import type { DetectorConfig } from './config.js';
import { detectorWeightDTypes, type DetectorDType } from './dtype.js';
import { traceBackboneAndRpn, traceBoxFeatures, traceTopRegions } from './graphs.js';

const TRACERS = { backbone: traceBackboneAndRpn, roi: traceTopRegions, boxes: traceBoxFeatures };

/** Name of a graph. */
export type GraphName = keyof typeof TRACERS;

/** What graphs are compiled from. */
export interface CompileSources {
  readonly config: DetectorConfig;
  readonly weights: StateDict;
  readonly backend: Backend;
  readonly dtype?: DetectorDType | undefined;
}

/** The graphs of one detector, compiled by name and input size, each when it is first asked for. */
export class CompiledGraphs {
  private readonly compiled = new ExecutableCache('detector');

  constructor(private readonly sources: CompileSources) {}

  get(name: GraphName, inputSize: Size): Promise<Executable> {
    const { config, weights, backend, dtype = 'fp32' } = this.sources;
    return this.compiled.get(`${name} ${inputSize.height}x${inputSize.width}`, () =>
      backend.compile(TRACERS[name](config, inputSize, dtype), {
        weights,
        weightDType: detectorWeightDTypes(dtype),
        name: `detector.${name}`,
      }),
    );
  }

  dispose(): void {
    this.compiled.dispose();
  }
}
