export {
  stageFile,
  syncFolder,
  writeAtomically,
  writeFileAtomically,
  writeFully,
  type StagedFile,
} from './node/atomic-file.js';
export { takeLock, withLock, type HeldLock, type LockOptions } from './node/lock.js';
export { decodeInputText, type DecodedText, type Undecodable } from './node/decode-text.js';
export { readDecodedText, readInputText } from './node/read-text.js';
export { OutputError, writingTo } from './node/output-error.js';
