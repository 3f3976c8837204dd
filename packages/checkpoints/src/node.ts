export { openFile, openCheckpointFile, type OpenedCheckpoint, type OpenedFile } from './node/file.js';
