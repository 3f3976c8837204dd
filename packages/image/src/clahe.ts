import { ConfigError, roundHalfToEven, type Size } from '@crrg/core';
import { labToRgb, rgbToLab } from './lab.js';
import { assert8Bit, greyImage, rgbImage, type GreyImage, type RgbImage } from './pixels.js';

/** How strongly contrast-limited adaptive histogram equalisation works. */
export interface ClaheOptions {
  /** Highest histogram bin, as a multiple of the mean bin; the excess is shared out. Larger is harsher. @defaultValue 4 */
  readonly clipLimit?: number | undefined;
  /** Number of tiles along each side. @defaultValue 8 by 8 */
  readonly tiles?: { readonly across: number; readonly down: number } | undefined;
}

const LEVELS = 256;

type TileCounts = NonNullable<ClaheOptions['tiles']>;

/** Tiles of one size, given in pixels. */
interface TileGrid extends TileCounts, Size {}

/** What one axis of a pixel needs of the grid of tiles: the two nearest tile centres and the weight of the second. */
interface TileBlend {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

/**
 * A grey picture after contrast-limited adaptive histogram equalisation: each pixel is mapped by the clipped, equalised histograms
 * of the four nearest tiles, to the last bit as OpenCV computes it.
 *
 * Source: Zuiderveld 1994; OpenCV 4.6 `createCLAHE`.
 * @throws `ImageError` for 16-bit pixels
 * @throws {@link ConfigError} where an option is not positive or a tile would be wider than the picture
 */
export function clahe(image: GreyImage, options: ClaheOptions = {}): GreyImage {
  const { clipLimit = 4, tiles = { across: 8, down: 8 } } = options;
  assert8Bit('image.clahe', image);
  assertUsable(image, clipLimit, tiles);
  const grid = tileGrid(image, tiles);
  const tables: Uint8Array[] = [];
  for (let row = 0; row < grid.down; row++) {
    for (let column = 0; column < grid.across; column++) {
      const counts = countLevels(image, column * grid.width, row * grid.height, grid);
      tables.push(equalise(counts, grid.width * grid.height, clipLimit));
    }
  }
  return blendTables(image, tables, grid);
}

/**
 * A colour picture with {@link clahe} on its lightness (8-bit Lab, as OpenCV converts). Grey pixels come out nearly grey: the way
 * over bytes of Lab may change a channel by a few levels.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip; albumentations 1.3.1 `CLAHE`.
 * @throws `ImageError` for 16-bit pixels
 * @throws {@link ConfigError} as {@link clahe}
 */
export function claheLab(image: RgbImage, options: ClaheOptions = {}): RgbImage {
  assert8Bit('image.claheLab', image);
  const lab = rgbToLab(image.data as Uint8Array);
  const light = lab.filter((_, at) => at % 3 === 0);
  const { data } = clahe(greyImage(image.width, image.height, light), options);
  for (let pixel = 0; pixel < data.length; pixel++) lab[pixel * 3] = data[pixel]!;
  return rgbImage(image.width, image.height, labToRgb(lab));
}

function assertUsable(image: Size, clipLimit: number, { across, down }: TileCounts): void {
  const isCount = (value: number, side: number) => Number.isInteger(value) && value > 0 && value < side;
  const bad = [
    clipLimit > 0 && Number.isFinite(clipLimit) ? '' : `clipLimit ${clipLimit} (a positive number)`,
    isCount(across, image.width) ? '' : `tiles.across ${across} (a positive integer below ${image.width})`,
    isCount(down, image.height) ? '' : `tiles.down ${down} (a positive integer below ${image.height})`,
  ].filter(Boolean);
  if (bad.length === 0) return;
  throw new ConfigError(`image.clahe: expected usable options, got ${bad.join(', ')}; correct them.`);
}

/** Where the tiles do not fit, the picture is mirrored at its right and lower edge; a side that fits gets wider tiles too. */
function tileGrid({ width, height }: Size, { across, down }: TileCounts): TileGrid {
  const fits = width % across === 0 && height % down === 0;
  const side = (length: number, count: number) => (fits ? length / count : Math.floor(length / count) + 1);
  return { across, down, width: side(width, across), height: side(height, down) };
}

function countLevels(image: GreyImage, left: number, top: number, tile: Size): Int32Array {
  const counts = new Int32Array(LEVELS);
  for (let y = top; y < top + tile.height; y++) {
    const row = mirror(y, image.height) * image.width;
    for (let x = left; x < left + tile.width; x++) {
      const level = image.data[row + mirror(x, image.width)]!;
      counts[level] = counts[level]! + 1;
    }
  }
  return counts;
}

/** An index past the end, mirrored about the last pixel. */
function mirror(index: number, length: number): number {
  return index < length ? index : 2 * (length - 1) - index;
}

/** Level to level through the clipped histogram of `pixels` pixels. */
function equalise(counts: Int32Array, pixels: number, clipLimit: number): Uint8Array {
  clipCounts(counts, Math.max(1, Math.trunc((clipLimit * pixels) / LEVELS)));
  const scale = Math.fround((LEVELS - 1) / pixels);
  let sum = 0;
  return Uint8Array.from(counts, (count) => {
    sum += count;
    return Math.min(LEVELS - 1, roundHalfToEven(Math.fround(sum * scale)));
  });
}

/** Cuts every count to the limit and shares the rest out: equally, then one each at regular distances. */
function clipCounts(counts: Int32Array, limit: number): void {
  let excess = 0;
  for (let level = 0; level < LEVELS; level++) {
    excess += Math.max(0, counts[level]! - limit);
    counts[level] = Math.min(limit, counts[level]!);
  }
  const share = Math.floor(excess / LEVELS);
  let rest = excess % LEVELS;
  for (let level = 0; level < LEVELS; level++) counts[level] = counts[level]! + share;
  const step = rest > 0 ? Math.max(1, Math.floor(LEVELS / rest)) : 1;
  for (let level = 0; level < LEVELS && rest > 0; level += step, rest--) counts[level] = counts[level]! + 1;
}

function tileBlends(length: number, tileLength: number, tiles: number): TileBlend[] {
  const { fround } = Math;
  const inverse = fround(1 / tileLength);
  return Array.from({ length }, (_, index) => {
    const position = fround(fround(index * inverse) - 0.5);
    const first = Math.floor(position);
    return {
      first: Math.max(0, first),
      second: Math.min(tiles - 1, first + 1),
      weight: fround(position - first),
    };
  });
}

function blendTables(image: GreyImage, tables: readonly Uint8Array[], grid: TileGrid): GreyImage {
  const { fround } = Math;
  const columns = tileBlends(image.width, grid.width, grid.across);
  const data = new Uint8Array(image.data.length);
  tileBlends(image.height, grid.height, grid.down).forEach((row, y) => {
    const upperTiles = row.first * grid.across;
    const lowerTiles = row.second * grid.across;
    columns.forEach((column, x) => {
      const level = image.data[y * image.width + x]!;
      const blend = (tiles: number) => {
        const first = fround(tables[tiles + column.first]![level]! * fround(1 - column.weight));
        return fround(first + fround(tables[tiles + column.second]![level]! * column.weight));
      };
      const upper = fround(blend(upperTiles) * fround(1 - row.weight));
      data[y * image.width + x] = roundHalfToEven(fround(upper + fround(blend(lowerTiles) * row.weight)));
    });
  });
  return greyImage(image.width, image.height, data);
}
