export {
  stageFile,
  syncFolder,
  writeAtomically,
  writeFileAtomically,
  writeFully,
  type StagedFile,
} from './node/atomic-file.js';
export { takeLock, withLock, type HeldLock, type LockOptions } from './node/lock.js';
export { removeAtExit } from './node/exit.js';
export type { DecodedText } from './node/decode-text.js';
export { readDecodedText, readInputText } from './node/read-text.js';
export { OutputError, writingTo } from './node/output-error.js';
export { userCacheFolder } from './node/user-cache.js';
export { startFromSource, type WorkerStart } from './node/worker-start.js';
