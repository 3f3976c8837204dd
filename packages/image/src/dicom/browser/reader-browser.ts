import { BackendError } from '@crrg/core';
import type { CodecName } from '../transfer-syntaxes.js';
import type { DicomAnswer } from '../job.js';
import { createDicomReader, type DicomWorker } from '../reader.js';

/** Reads DICOM files in a worker of the page. */
export const dicomReader = createDicomReader(startWorker);

function startWorker(codec: CodecName | undefined): DicomWorker {
  if (typeof Worker !== 'function') {
    throw new BackendError(
      'image.decodeDicom: expected a page or worker that can start a Worker to read a DICOM file, got none; read it elsewhere, or convert the film to PNG.',
    );
  }
  const thread = openWorker(codec);
  return {
    ready: nextMessage(thread),
    ask: (job) => {
      thread.postMessage(job);
      return nextMessage(thread);
    },
    terminate: () => thread.terminate(),
  };
}

function nextMessage(thread: Worker): Promise<DicomAnswer> {
  return new Promise((resolve, reject) => {
    thread.onmessage = ({ data }) => resolve(data as DicomAnswer);
    thread.onmessageerror = () => reject(new Error('the answer of the worker was lost'));
    thread.onerror = (event) => {
      event.preventDefault();
      reject(
        new BackendError(
          'image.decodeDicom: expected the worker of @crrg/image to run, got an error; serve the files dicom-worker*.js of its dist folder beside the bundle.',
        ),
      );
    };
  });
}

/** Each address is written out, so that bundlers find and copy the file. */
function openWorker(codec: CodecName | undefined): Worker {
  switch (codec) {
    case undefined:
      return new Worker(new URL('./dicom-worker-browser.js', import.meta.url), { type: 'module' });
    case 'jpeg-ls':
      return new Worker(new URL('./dicom-worker-jpeg-ls.js', import.meta.url), { type: 'module' });
    case 'jpeg-2000':
      return new Worker(new URL('./dicom-worker-jpeg-2000.js', import.meta.url), { type: 'module' });
    case 'htj2k':
      return new Worker(new URL('./dicom-worker-htj2k.js', import.meta.url), { type: 'module' });
  }
}
