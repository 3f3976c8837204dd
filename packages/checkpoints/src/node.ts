export { findForeignFile } from './node/bundle-folder.js';
export {
  folderSource,
  readBundle,
  verifyBundle,
  writeBundle,
  type BundleContent,
  type ReadBundleOptions,
  type WriteBundleOptions,
} from './node/bundle.js';
export type { BundleProgressOptions } from './node/hash-file.js';
export { fetchBundle, type FetchBundleOptions, type HubRepository } from './node/fetch-bundle.js';
export { openCheckpointFile, openFile, type OpenedCheckpoint, type OpenedFile } from './node/file.js';
export { openHuggingFaceFolder, type HuggingFaceFolder } from './node/hugging-face.js';
export { readManifest } from './node/read-manifest.js';
export { writeSafetensorsFile, writeTorchFile, type WriteWeightsFileOptions } from './node/weights-file.js';
