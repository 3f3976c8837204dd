import type { Codecs } from './codecs.js';
import { answerOfFailure, type DicomAnswer, type DicomJob } from './job.js';
import { describeDicom, readDicom } from './read-dicom.js';

/** Does a job. Never rejects: whatever goes wrong becomes one typed error without any text of the file. */
export async function answerJob({ task, bytes, options }: DicomJob, codecs: Codecs): Promise<DicomAnswer> {
  const run = task === 'read' ? readDicom : describeDicom;
  try {
    return { result: await run(bytes, codecs, options) };
  } catch (cause) {
    return answerOfFailure(cause);
  }
}
