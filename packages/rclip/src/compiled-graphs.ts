import { ExecutableCache, type Backend, type Executable, type StateDict } from '@crrg/tensor';
import type { RclipConfig } from './config.js';
import { traceExplanation, traceImageStage, traceTextStage } from './graphs.js';

const TRACERS = { image: traceImageStage, text: traceTextStage, explanation: traceExplanation };

/** Name of a graph. */
export type GraphName = keyof typeof TRACERS;

/** What graphs are compiled from. */
export interface CompileSources {
  readonly config: RclipConfig;
  readonly weights: StateDict;
  readonly backend: Backend;
}

/** The graphs of one model, compiled by name, each when it is first asked for. */
export class CompiledGraphs {
  private readonly compiled = new ExecutableCache('rclip');

  constructor(private readonly sources: CompileSources) {}

  get(name: GraphName): Promise<Executable> {
    const { config, weights, backend } = this.sources;
    return this.compiled.get(name, () =>
      backend.compile(TRACERS[name](config), { weights, name: `rclip.${name}` }),
    );
  }

  dispose(): void {
    this.compiled.dispose();
  }
}
