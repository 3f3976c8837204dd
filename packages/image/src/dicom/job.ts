import { fromErrorData, toErrorData, type ErrorData } from '@crrg/core';
import { CodecNeeded, typedDicomError } from './errors.js';
import type { DicomDescription, DicomPicture, ReadDicomOptions } from './read-dicom.js';
import type { CodecName } from './transfer-syntaxes.js';

/** What a worker is asked to do with untrusted bytes. */
export interface DicomJob {
  readonly task: 'read' | 'describe';
  readonly bytes: Uint8Array;
  readonly options: ReadDicomOptions;
}

/** An error without stack and causes, which may hold texts of the file. */
type DicomFailure = Omit<ErrorData, 'stack' | 'cause'>;

/** What it answers; errors as plain data, which pass between threads. */
export type DicomAnswer =
  | { readonly result: DicomPicture | DicomDescription }
  | { readonly needs: CodecName }
  | { readonly error: DicomFailure };

/** What a failed job answers. */
export function answerOfFailure(cause: unknown): DicomAnswer {
  if (cause instanceof CodecNeeded) return { needs: cause.codec };
  const { name, message, code, details } = toErrorData(typedDicomError(cause));
  return { error: { name, message, code, details } };
}

/** The error of an answer as it was thrown. */
export function errorOfAnswer({ error }: Extract<DicomAnswer, { error: unknown }>): Error {
  return fromErrorData(error);
}

/** The memory of an answer that can pass to another thread without a copy. */
export function transferablesOf(answer: DicomAnswer): ArrayBuffer[] {
  const isPicture = 'result' in answer && 'image' in answer.result;
  return isPicture ? [(answer.result as DicomPicture).image.data.buffer as ArrayBuffer] : [];
}
