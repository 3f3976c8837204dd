import type { WarningListener } from '@crrg/core';
import type * as Ort from 'onnxruntime-common';

/** What this package uses of an ONNX Runtime module: `onnxruntime-node`, `onnxruntime-web` or one of its builds. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/** How to make an ONNX Runtime backend. */
export interface OnnxBackendOptions {
  /**
   * `node`: native `onnxruntime-node`. `web`: `onnxruntime-web`, WebAssembly or WebGPU, in browsers and Node. `auto`: native where it can be
   * loaded, else web.
   * @defaultValue 'auto'
   */
  readonly runtime?: 'auto' | 'node' | 'web' | undefined;
  /**
   * Execution providers by preference, such as `['cuda', 'cpu']`, `['webgpu']` or `['wasm']`. A GPU that is named must be there: it is tried when
   * the backend is made, and what follows takes only the operations that it lacks.
   * @defaultValue `['cpu']` natively, `['wasm']` on the web
   */
  readonly executionProviders?: readonly string[] | undefined;
  /**
   * Threads of one run. On WebAssembly it takes effect only for the first backend of the process.
   * @defaultValue natively the processors of this process (the engine's own choice is one thread on some virtual machines), on the web the
   * engine's choice
   */
  readonly threads?: number | undefined;
  /**
   * `int8`: bound weight matrices are kept as 8-bit integers from -64 to 64, one scale per column, and what they multiply is quantised at run
   * time. Products are faster and the weights a quarter of the size; results are less exact, by the same amount on every processor, which is
   * yours to measure. Convolutions, and matrices that change from run to run, stay float32. Not on WebGPU.
   * @defaultValue 'float32'
   */
  readonly matmulWeights?: 'float32' | 'int8' | undefined;
  /** Where the `.wasm` files of `onnxruntime-web` are served, for pages that do not bundle them. @defaultValue beside the module */
  readonly wasmPaths?: string | { readonly wasm?: string | URL; readonly mjs?: string | URL } | undefined;
  /** An ONNX Runtime module to use instead of importing one; give `runtime` with it. @defaultValue imported on demand */
  readonly ort?: OrtModule | undefined;
  /**
   * Where weights above 64 MB pass through the disk while a native session is created; removed afterwards.
   * @defaultValue the system's folder for temporary files
   */
  readonly cacheDir?: string | undefined;
  /**
   * A folder in which what was made of large weights of a bundle on disk is kept, so that the next process need not make it again: quantised
   * matrices, and kernels laid out for this processor. null: nowhere. It is found again as long as the files of the bundle do not change, and
   * takes the place of what was made of an earlier state.
   * @defaultValue natively `~/.cache/crrg/prepared`
   */
  readonly preparedDir?: string | null | undefined;
  /** Hears doubts, such as a fall back to WebAssembly. @defaultValue in Node a warning of the process */
  readonly onWarning?: WarningListener | undefined;
}
