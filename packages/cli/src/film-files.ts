import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { DICOM_EXTENSIONS, hasExtension, PICTURE_EXTENSIONS } from './film-extensions.js';

/** Enough to tell a DICOM file, and the index of a disk from a film. */
const HEAD_BYTES = 512;

/** Which files of a folder are asked for. */
export type FilmFormat = 'any' | 'dicom';

/**
 * Whether a file of a folder is a film: by the name of a picture, and by the first bytes of everything else, since DICOM films have
 * any name. A file that is called DICOM is taken for one, unless it is the index of a disk (DICOMDIR).
 */
export async function isFilmFile(file: string, format: FilmFormat): Promise<boolean> {
  if (hasExtension(file, PICTURE_EXTENSIONS)) return format === 'any';
  const head = await readHead(file).catch(() => new Uint8Array(0));
  const { isDicom, isDicomDirectory } = await import('@crrg/image/node');
  if (isDicomDirectory(head)) return false;
  return hasExtension(file, DICOM_EXTENSIONS) || isDicom(head);
}

/** The first bytes of a regular file; none of anything else. */
async function readHead(name: string): Promise<Uint8Array> {
  if (!(await stat(name)).isFile()) return new Uint8Array(0);
  const file = await open(name, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
