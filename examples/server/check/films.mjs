// Films for the check and the soak, made from a radiograph beside the examples.
import { readFile } from 'node:fs/promises';
import { encodePng, greyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { FILMS } from '../../check-tools.mjs';

const SIDE = 2048;

/** Films by what they are: bytes, and the type that they are sent as. */
export async function makeFilms() {
  const jpeg = await readFile(FILMS[0]);
  const { width, height, data } = await decodeImage(new Uint8Array(jpeg));
  const png = Buffer.from(encodePng(greyImage(width, height, data)));
  const negative = greyImage(
    width,
    height,
    data.map((value) => 255 - value),
  );
  const film = (name, type, bytes) => ({ name, type, bytes });
  return {
    jpeg: film('film.jpg', 'image/jpeg', jpeg),
    other: film('other.jpg', 'image/jpeg', await readFile(FILMS[1])),
    png: film('film.png', 'image/png', png),
    large: film('large.png', 'image/png', Buffer.from(encodePng(enlarged({ width, height, data })))),
    dicom: film('film.dcm', 'application/dicom', await readFile(new URL('film.dcm', import.meta.url))),
    negative: film('negative.png', 'image/png', Buffer.from(encodePng(negative))),
    damaged: film('damaged.png', 'image/png', png.subarray(0, png.length / 2)),
  };
}

/** As large as films of a hospital are. */
function enlarged({ width, height, data }) {
  const at = (x, y) => data[Math.floor((y * height) / SIDE) * width + Math.floor((x * width) / SIDE)];
  return greyImage(
    SIDE,
    SIDE,
    Uint8Array.from({ length: SIDE * SIDE }, (_, i) => at(i % SIDE, Math.floor(i / SIDE))),
  );
}
