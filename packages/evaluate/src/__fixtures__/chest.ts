import { createRandom } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';

/** A PNG picture of 60x50 pixels that looks like a chest: two dark lungs beside a bright middle. */
export function chest(seed: number): Uint8Array {
  const random = createRandom(seed);
  const grey = (at: number) => {
    const [x, y] = [(at % 60) / 60, Math.floor(at / 60) / 50];
    const isLung = Math.hypot((Math.abs(x - 0.5) - 0.22) / 0.15, (y - 0.45) / 0.32) < 1;
    return (isLung ? 20 : 110) + random.integer(80);
  };
  return encodePng(
    greyImage(
      60,
      50,
      Uint8Array.from({ length: 3000 }, (_, at) => grey(at)),
    ),
  );
}
