/**
 * The only file that imports TensorFlow.js. `tfjs-core` alone lacks parts and breaks Node's module resolution, so the union package is loaded.
 */
import type * as tfjs from '@tensorflow/tfjs';

/** The TensorFlow.js module: `@tensorflow/tfjs`, `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
export type Tf = typeof tfjs;

/** A device array of TensorFlow.js. */
export type TfTensor = tfjs.Tensor;

/** `[B, H, W, C]`. */
export type TfTensor4 = tfjs.Tensor4D;

/** Loads an optional package by name; replaced in tests. */
export type ImportModule = (specifier: string) => Promise<unknown>;

/** Imports by literal name where bundlers should follow, by computed name for native packages that they cannot bundle. */
export const importModule: ImportModule = async (specifier) => {
  // Bundlers forgive a package that is not installed only where its import is in a `try`.
  try {
    switch (specifier) {
      case '@tensorflow/tfjs':
        return await import('@tensorflow/tfjs');
      case '@tensorflow/tfjs-backend-wasm':
        return await import('@tensorflow/tfjs-backend-wasm');
      case '@tensorflow/tfjs-backend-webgpu':
        return await import('@tensorflow/tfjs-backend-webgpu' as string);
      default:
        return await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    }
  } catch (cause) {
    return Promise.reject(cause);
  }
};

/** The module itself, also where a CommonJS build arrives wrapped as a default export. */
export function unwrapModule<T>(module: unknown): T {
  const { default: wrapped } = module as { default?: unknown };
  return (wrapped && typeof wrapped === 'object' && !('tidy' in (module as object)) ? wrapped : module) as T;
}
