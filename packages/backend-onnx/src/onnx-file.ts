import { BackendError } from '@crrg/core';
import { openEngine } from './engine.js';
import type { OnnxBackendOptions } from './options.js';

/** What goes into a network or comes out of it: numbers in rows, and their sizes. */
export interface OnnxValue<Data extends ArrayLike<number> = ArrayLike<number>> {
  readonly data: Data;
  readonly dims: readonly number[];
}

/** An ONNX file of another program, ready to run. */
export interface OnnxFile {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * All outputs, by name; inputs become the type that the network asks for: float32, int32 or int64.
   * @throws {@link BackendError} where the network cannot be run on these inputs, or has other types
   */
  run(inputs: Readonly<Record<string, OnnxValue>>): Promise<Record<string, OnnxValue<Float32Array>>>;
  /** Frees the network. */
  dispose(): Promise<void>;
}

/** Numbers as the element type of an input. */
const CONVERSIONS: Readonly<Partial<Record<string, (data: ArrayLike<number>) => ArrayBufferView>>> = {
  float32: (data) => Float32Array.from(data),
  int32: (data) => Int32Array.from(data),
  int64: (data) => BigInt64Array.from(Array.from(data), BigInt),
};

const messageOf = (error: unknown) => (error instanceof Error ? error.message.split('\n')[0] : String(error));

/**
 * Opens an ONNX file that another program wrote, such as an export of a text encoder; files of weights beside it are found. Node only.
 *
 * @example
 * ```ts
 * const file = await openOnnxFile('distilroberta/model.onnx');
 * const { last_hidden_state } = await file.run({ input_ids: { data: [0, 2], dims: [1, 2] } });
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
  const typeOf = (name: string) => {
    const metadata = session.inputMetadata.find((each) => each.name === name);
    return metadata?.isTensor ? metadata.type : 'unknown';
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, dims }]) => {
          const type = typeOf(name);
          const convert = CONVERSIONS[type];
          if (!convert)
            throw failed(
              'expected inputs of type float32, int32 or int64',
              new Error(`${name} of type ${type}`),
            );
          return [name, new ort.Tensor(type as 'float32', convert(data) as Float32Array, dims)];
        }),
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
