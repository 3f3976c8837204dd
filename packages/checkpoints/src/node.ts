export {
  folderSource,
  readBundle,
  readManifest,
  verifyBundle,
  writeBundle,
  type BundleContent,
  type BundleProgressOptions,
  type WriteBundleOptions,
} from './node/bundle.js';
export { fetchBundle, type FetchBundleOptions, type HubRepository } from './node/fetch-bundle.js';
export { openCheckpointFile, openFile, type OpenedCheckpoint, type OpenedFile } from './node/file.js';
export { openHuggingFaceFolder, type HuggingFaceFolder } from './node/hugging-face.js';
