import type { Box } from '@crrg/core';

/** Smallest side of a box that counts as drawn, in pixels of the screen. */
const SMALLEST = 8;

function toFilm(film: SVGSVGElement, { clientX, clientY }: PointerEvent): DOMPoint {
  return new DOMPoint(clientX, clientY).matrixTransform(film.getScreenCTM()!.inverse());
}

/** Follows a drag over the film and gives the box, in pixels of the film. */
export function startBox(start: PointerEvent, onBox: (box: Box) => void): void {
  const film = start.currentTarget as SVGSVGElement;
  const drawn = film.querySelector<SVGRectElement>('.drawn')!;
  const from = toFilm(film, start);
  let box: Box | undefined;
  start.preventDefault();
  film.setPointerCapture(start.pointerId);

  const move = (event: PointerEvent) => {
    const to = toFilm(film, event);
    box = {
      x1: Math.min(from.x, to.x),
      y1: Math.min(from.y, to.y),
      x2: Math.max(from.x, to.x),
      y2: Math.max(from.y, to.y),
    };
    drawn.setAttribute('x', String(box.x1));
    drawn.setAttribute('y', String(box.y1));
    drawn.setAttribute('width', String(box.x2 - box.x1));
    drawn.setAttribute('height', String(box.y2 - box.y1));
    drawn.setAttribute('visibility', 'visible');
  };
  const end = (event: PointerEvent) => {
    film.removeEventListener('pointermove', move);
    film.removeEventListener('pointerup', end);
    film.removeEventListener('pointercancel', end);
    drawn.setAttribute('visibility', 'hidden');
    const isLarge =
      Math.abs(event.clientX - start.clientX) > SMALLEST &&
      Math.abs(event.clientY - start.clientY) > SMALLEST;
    if (box && isLarge && event.type === 'pointerup') onBox(box);
  };
  film.addEventListener('pointermove', move);
  film.addEventListener('pointerup', end);
  film.addEventListener('pointercancel', end);
}
