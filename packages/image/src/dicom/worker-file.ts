import type { WorkerStart } from '@crrg/core/node';

/** The thread that reads DICOM files. Bundlers find its file by this very expression. */
export const workerFile = (): WorkerStart => ({
  url: new URL('./dicom-worker.js', import.meta.url),
  options: {},
});
