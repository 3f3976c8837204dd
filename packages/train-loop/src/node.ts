export { openEventFile, type EventFileWriter } from './node/event-file-writer.js';
export { createFolderStore } from './node/folder-store.js';
export { openJsonl, type JsonlWriter } from './node/jsonl.js';
export { openTrainingLog, type TrainingLog } from './node/training-log.js';
export { readLossCurves, writeLossCurves } from './node/write-loss-curves.js';
