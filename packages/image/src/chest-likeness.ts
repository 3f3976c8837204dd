import { CHEST_TEMPLATE, TEMPLATE_SIDE } from './chest-template.js';
import type { GreyImage } from './pixels.js';

/** Cells of the template where lungs lie on both sides of the mediastinum. */
const LUNGS = { top: 2, bottom: 10, left: 3, right: 13 } as const;
/** Cells by which the chest may lie beside the middle. */
const LUNG_SHIFTS = [-2, -1, 0, 1, 2];

/** How well a picture fits a frontal chest film, as correlations in [-1, 1]. */
export interface ChestLikeness {
  /** As it is. Near -1 for the negative of a film. */
  readonly upright: number;
  /** The best of the three quarter turns. */
  readonly turned: number;
  /** Mean of the correlations of the whole and of the lungs; the best of upright, turned and negative. Low for what is no frontal film. */
  readonly frontal: number;
}

/** Cells along each side in which the border is looked for. */
const CELLS = 64;
const SAMPLES_PER_CELL = 8;
/** A border line has this share of its cells at the darkest or the brightest end of the picture. */
const BORDER_SHARE = 0.9;
const BORDER_TOLERANCE = 0.02;

/**
 * The rank correlation of a picture with the mean of frontal chest films: dark lungs and corners, bright mediastinum and abdomen.
 * Ranks do not change with brightness, contrast or bit depth, and turn over with the greys. A black or white border is left out.
 */
export function chestLikeness(image: GreyImage): ChestLikeness {
  const ranks = chestRanks(image);
  const last = TEMPLATE_SIDE - 1;
  const turn = (from: (x: number, y: number) => number) =>
    ranks.map((_, at) => ranks[from(at % TEMPLATE_SIDE, Math.floor(at / TEMPLATE_SIDE))]!);
  const turns = [
    turn((x, y) => x * TEMPLATE_SIDE + (last - y)),
    turn((x, y) => (last - y) * TEMPLATE_SIDE + (last - x)),
    turn((x, y) => (last - x) * TEMPLATE_SIDE + y),
  ];
  const forms = [ranks, ...turns, ranks.map((rank) => -rank)];
  return {
    upright: wholeFit(ranks),
    turned: Math.max(...turns.map(wholeFit)),
    frontal: Math.max(...forms.map((form) => (wholeFit(form) + lungFit(form)) / 2)),
  };
}

function wholeFit(ranks: Float64Array): number {
  return ranks.reduce((sum, rank, cell) => sum + rank * CHEST_TEMPLATE[cell]!, 0);
}

/**
 * Correlation of what lies side by side in the lungs, the mean of each row left out: a lateral film has the dark chest and the bright
 * abdomen of a frontal one, but no bright middle between two dark lungs. The best of some shifts to the side.
 */
function lungFit(ranks: Float64Array): number {
  const wanted = centredLungRows(CHEST_TEMPLATE, 0);
  const fits = LUNG_SHIFTS.map((shift) =>
    centredLungRows(ranks, shift).reduce((sum, value, at) => sum + value * wanted[at]!, 0),
  );
  return Math.max(...fits);
}

/** The cells of the lungs less the mean of their row, of length 1; all 0 where each row is flat. */
function centredLungRows(cells: Float64Array, shift: number): number[] {
  const rows = Array.from({ length: LUNGS.bottom - LUNGS.top }, (_, row) => {
    const start = (LUNGS.top + row) * TEMPLATE_SIDE + shift;
    const values = Array.from(cells.subarray(start + LUNGS.left, start + LUNGS.right));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  }).flat();
  const length = Math.hypot(...rows);
  return length > 0 ? rows.map((value) => value / length) : rows;
}

/** `[16, 16]` ranks of the picture inside its border, of mean 0 and length 1; all 0 for a flat picture. */
export function chestRanks(image: GreyImage): Float64Array {
  const whole = { left: 0, top: 0, right: image.width, bottom: image.height };
  const inner = trimBorder(meanCells(image, whole, CELLS));
  return unitRanks(
    meanCells(
      image,
      {
        left: (inner.left / CELLS) * image.width,
        top: (inner.top / CELLS) * image.height,
        right: (inner.right / CELLS) * image.width,
        bottom: (inner.bottom / CELLS) * image.height,
      },
      TEMPLATE_SIDE,
    ),
  );
}

interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** `[side, side]` means of equal parts of an extent in pixels, of at most 8 by 8 samples each. */
function meanCells(image: GreyImage, extent: Extent, side: number): Float64Array {
  const columns = cellSamples(extent.left, extent.right, side);
  const rows = cellSamples(extent.top, extent.bottom, side);
  return Float64Array.from({ length: side * side }, (_, cell) => {
    let sum = 0;
    const xs = columns[cell % side]!;
    const ys = rows[Math.floor(cell / side)]!;
    for (const y of ys) for (const x of xs) sum += image.data[y * image.width + x]!;
    return sum / (xs.length * ys.length);
  });
}

/** The pixel indices that each cell along an axis averages. */
function cellSamples(from: number, to: number, side: number): number[][] {
  const step = (to - from) / side;
  const count = Math.min(SAMPLES_PER_CELL, Math.max(1, Math.round(step)));
  return Array.from({ length: side }, (_, cell) =>
    Array.from({ length: count }, (__, at) => Math.floor(from + step * (cell + (at + 0.5) / count))),
  );
}

/** The part of the cells inside a border that is as dark as the darkest or as bright as the brightest cell; at least a quarter a side. */
function trimBorder(cells: Float64Array): Extent {
  const low = Math.min(...cells);
  const high = Math.max(...cells);
  const tolerance = (high - low) * BORDER_TOLERANCE;
  const isBorder = (line: readonly number[]) => {
    const wanted = line.length * BORDER_SHARE;
    const count = (test: (value: number) => boolean) => line.filter(test).length;
    return (
      count((value) => value <= low + tolerance) >= wanted ||
      count((value) => value >= high - tolerance) >= wanted
    );
  };
  let { left, top, right, bottom } = { left: 0, top: 0, right: CELLS, bottom: CELLS };
  const row = (y: number) => Array.from(cells.subarray(y * CELLS + left, y * CELLS + right));
  const column = (x: number) =>
    Array.from({ length: bottom - top }, (_, at) => cells[(top + at) * CELLS + x]!);
  const smallest = CELLS / 4;
  for (let before = -1; before !== left + top - right - bottom;) {
    before = left + top - right - bottom;
    if (bottom - top > smallest && isBorder(row(top))) top += 1;
    if (bottom - top > smallest && isBorder(row(bottom - 1))) bottom -= 1;
    if (right - left > smallest && isBorder(column(left))) left += 1;
    if (right - left > smallest && isBorder(column(right - 1))) right -= 1;
  }
  return { left, top, right, bottom };
}

/** Ranks less their mean, of length 1; equal values share the mean of their ranks. */
function unitRanks(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  const rankOf = new Map<number, number>();
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to] === sorted[from]) to += 1;
    rankOf.set(sorted[from]!, (from + to - sorted.length) / 2);
  }
  const ranks = values.map((value) => rankOf.get(value)!);
  const length = Math.hypot(...ranks);
  return length > 0 ? ranks.map((rank) => rank / length) : ranks;
}
