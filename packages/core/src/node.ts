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
