export { computeSha256 } from '@crrg/core';
export {
  memorySource,
  openBundle,
  urlSource,
  type Bundle,
  type BundleSource,
  type UrlSourceOptions,
} from './bundle.js';
export type { Checkpoint, CheckpointValue, Container, ReadOptions, TensorEntry } from './checkpoint.js';
export {
  decodeElements,
  encodeElements,
  toHostTensor,
  type FloatStorage,
  type StoredArray,
} from './convert.js';
export type { StoredDType } from './dtype.js';
export {
  applyKeyMap,
  applyKeyMaps,
  invertKeyMap,
  readTensors,
  renameKey,
  selectPrefix,
  type KeyMapPart,
} from './key-map.js';
export {
  BUNDLE_SCHEMA,
  formatManifest,
  parseManifest,
  type BundleFile,
  type BundleFileRole,
  type BundleManifest,
  type JsonObject,
} from './manifest.js';
export { loadWeights } from './load-weights.js';
export { checkNumbers } from './numbers.js';
export { openCheckpoint } from './open.js';
export { bytesSource, type RandomAccess, type StoredFile } from './random-access.js';
export {
  encodeSafetensors,
  openSafetensors,
  parseSafetensors,
  planSafetensors,
  readSafetensorsHeader,
  type EncodeSafetensorsOptions,
  type SafetensorsHeader,
  type SafetensorsPlan,
  type SafetensorsTensor,
  type TensorLayout,
} from './safetensors.js';
export {
  storedTensor,
  writeTorch,
  type StoredTensor,
  type TorchValue,
  type WriteWeightsOptions,
} from './torch-writer.js';
export type { Shaped } from '@crrg/tensor';
