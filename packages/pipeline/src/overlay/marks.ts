import { boxArea, boxIntersection, type Box, type Size } from '@crrg/core';

/** How a region is drawn on the film and marked in the legend. */
export interface Mark {
  readonly colour: string;
  /** SVG dash pattern; empty for a solid line. */
  readonly dashes: string;
}

/** Hues that stay apart on a dark film also with a colour vision deficiency (after Okabe and Ito, the dark blue replaced). */
const COLOURS = ['#E69F00', '#56B4E9', '#F0E442', '#00C18C', '#FF7A59', '#E59AD1'];
const DASHES = ['', '10 6', '3 5', '16 5 3 5', '22 8'];

/** The mark of the n-th region (from 0): hues first, then line patterns; 30 differ. */
export function markOf(index: number): Mark {
  return {
    colour: COLOURS[index % COLOURS.length]!,
    dashes: DASHES[Math.floor(index / COLOURS.length) % DASHES.length]!,
  };
}

/**
 * A place for each box's numbered tag: on its own outline, inside the film, and clear of the other tags where there is room.
 * Boxes and results are in the pixels of the drawn film.
 */
export function placeTags(boxes: readonly Box[], tag: Size, film: Size): Box[] {
  const order = boxes.map((_, index) => index).sort((a, b) => boxArea(boxes[a]!) - boxArea(boxes[b]!));
  const placed: Box[] = [];
  const result: Box[] = [];
  for (const index of order) {
    const best = leastCovered(candidates(boxes[index]!, tag, film), placed);
    placed.push(best);
    result[index] = best;
  }
  return result;
}

/** Corners first (from the upper left), then steps along the upper, left, right and lower edge. */
function candidates(box: Box, tag: Size, film: Size): Box[] {
  const right = box.x2 - tag.width;
  const bottom = box.y2 - tag.height;
  const corners: [number, number][] = [
    [box.x1, box.y1],
    [right, box.y1],
    [box.x1, bottom],
    [right, bottom],
  ];
  const across = steps(box.x1, right, tag.width);
  const down = steps(box.y1, bottom, tag.height);
  const edges: [number, number][] = [
    ...across.map((x): [number, number] => [x, box.y1]),
    ...down.map((y): [number, number] => [box.x1, y]),
    ...down.map((y): [number, number] => [right, y]),
    ...across.map((x): [number, number] => [x, bottom]),
    ...across.map((x): [number, number] => [x, box.y1 - tag.height]),
    ...across.map((x): [number, number] => [x, box.y2]),
  ];
  return [...corners, ...edges].map(([x, y]) => insideFilm(x, y, tag, film));
}

function steps(from: number, to: number, step: number): number[] {
  const positions: number[] = [];
  for (let at = from; at <= to; at += step + 2) positions.push(at);
  return positions.length > 0 ? positions : [from];
}

function insideFilm(x: number, y: number, tag: Size, film: Size): Box {
  const x1 = Math.min(Math.max(x, 0), Math.max(0, film.width - tag.width));
  const y1 = Math.min(Math.max(y, 0), Math.max(0, film.height - tag.height));
  return { x1, y1, x2: x1 + tag.width, y2: y1 + tag.height };
}

function leastCovered(places: readonly Box[], placed: readonly Box[]): Box {
  let best = places[0]!;
  let least = Infinity;
  for (const place of places) {
    const covered = placed.reduce((sum, other) => sum + boxIntersection(place, other), 0);
    if (covered >= least) continue;
    least = covered;
    best = place;
  }
  return best;
}
