import { describe, expect, it } from 'vitest';
import {
  dicomFile,
  filmElements,
  IMPLICIT,
  MEDIA_DIRECTORY,
  nativePixels,
  type DicomFileOptions,
} from '../__fixtures__/dicom-file.js';
import { isDicom, isDicomDirectory } from './layout.js';

const begin = (options?: DicomFileOptions) =>
  dicomFile(
    [...filmElements({ rows: 40, columns: 40 }), nativePixels(Array<number>(1600).fill(1))],
    options,
  ).subarray(0, 512);

describe('the beginning of a file', () => {
  it.each([
    ['whole', {}],
    ['without its preamble', { without: 'preamble' }],
    ['without its meta header', { without: 'header' }],
    ['without its meta header, implicit', { without: 'header', syntax: IMPLICIT }],
  ] as const)('tells a DICOM film, %s, from an index of films', (_, options) => {
    expect(isDicom(begin(options))).toBe(true);
    expect(isDicomDirectory(begin(options))).toBe(false);
  });

  it.each([{}, { without: 'preamble' }] as const)('tells an index of films: %j', (options) => {
    expect(isDicomDirectory(begin({ ...options, sopClass: MEDIA_DIRECTORY }))).toBe(true);
    expect(isDicomDirectory(begin({ ...options, sopClass: `${MEDIA_DIRECTORY}.1` }))).toBe(false);
  });

  it('is of another format, empty or short', () => {
    for (const text of ['', 'DIC', 'A plain text of some length.', `${'\0'.repeat(131)}DICM`])
      expect([isDicom(Buffer.from(text)), isDicomDirectory(Buffer.from(text))]).toEqual([false, false]);
  });
});
