import { BackendError } from '@crrg/core';
import { openEngine } from './engine.js';
import type { OnnxBackendOptions } from './options.js';

/** What goes into a network or comes out of it: numbers in rows, and their sizes. */
export interface OnnxValue {
  readonly data: BigInt64Array | Float32Array;
  readonly dims: readonly number[];
}

/** An ONNX file of another program, ready to run. */
export interface OnnxFile {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** All outputs, by name, as float32. @throws {@link BackendError} where the network cannot be run on these inputs */
  run(inputs: Readonly<Record<string, OnnxValue>>): Promise<Record<string, OnnxValue>>;
  /** Frees the network. */
  dispose(): Promise<void>;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message.split('\n')[0] : String(error));

/**
 * Opens an ONNX file that another program wrote, such as an export of a text encoder; files of weights beside it are found. Node only.
 *
 * @example
 * ```ts
 * const file = await openOnnxFile('distilroberta/model.onnx');
 * const { last_hidden_state } = await file.run({ input_ids: { data: BigInt64Array.of(0n, 2n), dims: [1, 2] } });
 * await file.dispose();
 * ```
 * @throws {@link BackendError} where no runtime can be loaded or the file is no network that it runs
 */
export async function openOnnxFile(
  path: string,
  options: Pick<OnnxBackendOptions, 'ort' | 'threads'> = {},
): Promise<OnnxFile> {
  const { ort, threads } = await openEngine({ ...options, runtime: 'node' });
  const failed = (what: string, cause: unknown) =>
    new BackendError(
      `backend-onnx.openOnnxFile: ${what}, got "${messageOf(cause)}"; export the network anew.`,
      {
        cause,
      },
    );
  const session = await ort.InferenceSession.create(
    path,
    threads === undefined ? {} : { intraOpNumThreads: threads },
  ).catch((cause: unknown) => {
    throw failed('expected an ONNX file', cause);
  });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, dims }]) => [
          name,
          data instanceof Float32Array
            ? new ort.Tensor('float32', data, dims)
            : new ort.Tensor('int64', data, dims),
        ]),
      );
      const outputs = await session.run(feeds).catch((cause: unknown) => {
        throw failed('expected a network that runs on these inputs', cause);
      });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data, dims, type }]) => {
          if (type !== 'float32')
            throw failed('expected outputs of type float32', new Error(`${name} of type ${type}`));
          return [name, { data: data as Float32Array, dims }];
        }),
      );
    },
    dispose: () => session.release(),
  };
}
