// Drawn films, so that the example needs no download: a chest in grey, some with a nodule in a lung. They look like no patient.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';

const SIZE = 224;

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const inEllipse = (x, y, { cx, cy, rx, ry }) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;

/** The pixels of one film, 8-bit. */
function drawFilm(random, hasNodule) {
  const vary = (value, by) => value + (random() - 0.5) * 2 * by;
  const body = { cx: 112, cy: 130, rx: vary(95, 6), ry: vary(125, 6) };
  const lungs = [68, 156].map((cx) => ({
    cx: vary(cx, 5),
    cy: vary(110, 6),
    rx: vary(32, 4),
    ry: vary(68, 7),
  }));
  const lung = lungs[random() < 0.5 ? 0 : 1];
  const radius = vary(17, 3);
  const nodule = { cx: vary(lung.cx, 12), cy: vary(lung.cy, 35), rx: radius, ry: radius };
  const brightness = vary(165, 12);
  return Uint8Array.from({ length: SIZE * SIZE }, (_, index) => {
    const [x, y] = [index % SIZE, Math.floor(index / SIZE)];
    const inLung = lungs.some((each) => inEllipse(x, y, each));
    const isNodule = hasNodule && inEllipse(x, y, nodule);
    const ribs = inLung && Math.sin(y / 5 + Math.abs(x - 112) / 18) > 0.7 ? 18 : 0;
    const grey = !inEllipse(x, y, body) ? 12 : inLung ? (isNodule ? 190 : 62) + ribs : brightness;
    return Math.max(0, Math.min(255, vary(grey, 9)));
  });
}

/**
 * Draws films into a folder; half of them have a nodule. The studies as `@crrg/train` takes them, a patient each: 60 % to train on, 20 % to
 * choose by, 20 % to test on.
 */
export function drawStudies(folder, count, seed) {
  const random = createRandom(seed);
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, index) => {
    const hasNodule = index % 2 === 1;
    const file = join(folder, `film-${String(index + 1).padStart(3, '0')}.png`);
    const data = drawFilm(random, hasNodule);
    writeFileSync(file, encode({ width: SIZE, height: SIZE, channels: 1, depth: 8, data }));
    const place = Math.floor(index / 2) % 5;
    return {
      subject: file,
      id: `study-${index + 1}`,
      patient: `patient-${index + 1}`,
      split: place < 3 ? 'train' : place === 3 ? 'valid' : 'test',
      images: [file],
      sections: [],
      labels: new Map([['Nodule', hasNodule ? 1 : 0]]),
    };
  });
}
