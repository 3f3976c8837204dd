// Files for the check, made from the sample film.
import { readFile } from 'node:fs/promises';
import { encodePng, greyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';

const SAMPLE = new URL('../public/films/nih-00001749_003.jpg', import.meta.url);
const DICOM = new URL('films/film.dcm', import.meta.url);

/** Files by what they are, as Playwright takes them: a film as PNG and as DICOM, its negative, and one cut short. */
export async function makeFilms() {
  const { width, height, data } = await decodeImage(new Uint8Array(await readFile(SAMPLE)));
  const png = Buffer.from(encodePng(greyImage(width, height, data)));
  const negative = greyImage(
    width,
    height,
    data.map((value) => 255 - value),
  );
  const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
  return {
    png: file('film.png', 'image/png', png),
    dicom: file('film.dcm', 'application/dicom', await readFile(DICOM)),
    negative: file('negative.png', 'image/png', Buffer.from(encodePng(negative))),
    damaged: file('damaged.png', 'image/png', png.subarray(0, png.length / 2)),
  };
}
