import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOnnxBackend } from '@crrg/backend-onnx';
import type { Backend } from '@crrg/tensor';
import * as ort from 'onnxruntime-node';

/** A node that the engine ran, and who ran it. */
export interface PlacedNode {
  readonly op: string;
  readonly provider: string;
  /** Element types of its inputs, by the engine's names. */
  readonly types: readonly string[];
}

/** The nodes that each graph's runs went through, by the name of the graph; one entry a node. */
export type Placements = Readonly<Record<string, readonly PlacedNode[]>>;

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args: {
    readonly op_name: string;
    readonly provider: string;
    readonly input_type_shape: readonly Readonly<Record<string, unknown>>[];
  };
}

/** The nodes of a profile of ONNX Runtime. */
async function nodesOf(path: string): Promise<PlacedNode[]> {
  const events = JSON.parse(await readFile(path, 'utf8')) as ProfileEvent[];
  const runs = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const byName = new Map(runs.map((event) => [event.name, event.args]));
  return [...byName.values()].map(({ op_name, provider, input_type_shape }) => ({
    op: op_name,
    provider: provider.replace('ExecutionProvider', ''),
    types: input_type_shape.flatMap(Object.keys),
  }));
}

/** A backend on WebGPU whose sessions are profiled into `folder`, and what they ran so far. Ask once, after the runs. */
export async function createPlacedBackend(
  folder: string,
): Promise<{ readonly backend: Backend; placements(): Promise<Placements> }> {
  const sessions: ort.InferenceSession[] = [];
  const create = async (model: never, options: ort.InferenceSession.SessionOptions) => {
    const profileFilePrefix = join(folder, `${sessions.length}-`);
    const session = await ort.InferenceSession.create(model, {
      ...options,
      enableProfiling: true,
      profileFilePrefix,
    });
    sessions.push(session);
    return session;
  };
  const inner = await createOnnxBackend({
    runtime: 'node',
    executionProviders: ['webgpu'],
    ort: { ...ort, InferenceSession: { create } } as never,
  });
  const first = sessions.length;
  const names: string[] = [];
  const backend: Backend = {
    name: inner.name,
    versions: inner.versions,
    prefersLongRuns: inner.prefersLongRuns,
    liveTensors: () => inner.liveTensors(),
    dispose: () => inner.dispose(),
    compile: (graph, options) => {
      names.push(options?.name ?? 'graph');
      return inner.compile(graph, options);
    },
  };
  return {
    backend,
    async placements() {
      sessions.forEach((session) => session.endProfiling());
      const files = await readdir(folder);
      const read = names.map(async (name, index) => {
        const file = files.find((each) => each.startsWith(`${first + index}-`))!;
        return [name, await nodesOf(join(folder, file))] as const;
      });
      return Object.fromEntries(await Promise.all(read));
    },
  };
}
