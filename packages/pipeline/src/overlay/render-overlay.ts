import { ConfigError, INTENDED_USE, boxArea, clipBox, escapeXml, type Box, type Doubt } from '@crrg/core';
import { renderHeatMap, type OverlayHeatMap } from './heat-map.js';
import { renderLegend, type LegendEntry } from './legend.js';
import { markOf, placeTags, type Mark } from './marks.js';
import { wrapText } from './text.js';

export { createImageHref } from './image-href.js';
export type { OverlayHeatMap } from './heat-map.js';

/** One region of an overlay. */
export interface OverlayRegion {
  /** Shown in the legend. */
  readonly name: string;
  /** `image` frame, in pixels; null for a region that is only listed. */
  readonly box: Box | null;
  /** What the report says of it. */
  readonly sentence?: string | undefined;
  /** In [0, 1]. */
  readonly score?: number | undefined;
}

/** What an overlay shows. Plain data. */
export interface OverlayInput {
  /** Width of the film in pixels: the frame of the boxes, whatever the size of the embedded picture. */
  readonly width: number;
  /** Height of the film in pixels. */
  readonly height: number;
  /** The film as a base64 `data:` URI of a PNG or JPEG picture; {@link createImageHref} makes one. */
  readonly imageHref: string;
  readonly regions: readonly OverlayRegion[];
  /** Where a classifier looked, laid over the film and named in the legend. @defaultValue none */
  readonly heatMap?: OverlayHeatMap | undefined;
  /** Reasons why what is shown may be wrong; their codes stand below the heading. @defaultValue none */
  readonly doubts?: readonly Doubt[] | undefined;
  /** Heading of the legend, such as the file name. */
  readonly title?: string | undefined;
  /** @defaultValue the intended-use notice of CRRG */
  readonly notice?: string | undefined;
  /** What `score` is, in the legend. @defaultValue 'score' */
  readonly scoreName?: string | undefined;
}

const FILM_SIDE = 960;
const LEGEND_WIDTH = 600;
const MARGIN = 24;
const TAG_HEIGHT = 26;
const NOTICE_STYLE = { fontSize: 17, isBold: true };
const FONT_FAMILY = "'Noto Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/**
 * An SVG picture of a film with its described regions: numbered boxes in distinct colours and line patterns, beside it the
 * sentences under the same numbers, below both the intended-use notice. Needs nothing outside itself.
 *
 * @example
 * ```ts
 * const svg = renderOverlaySvg({
 *   width: 2500,
 *   height: 3056,
 *   imageHref: createImageHref(image),
 *   regions: [{ name: 'left lung', box: { x1: 1300, y1: 400, x2: 2200, y2: 2500 }, sentence: 'The left lung is clear.' }],
 * });
 * ```
 * @throws {@link ConfigError} where a size or box is not finite or `imageHref` is not an embedded picture
 */
export function renderOverlaySvg(input: OverlayInput): string {
  checkInput(input);
  const scale = FILM_SIDE / Math.max(input.width, input.height);
  const film = { width: Math.round(input.width * scale), height: Math.round(input.height * scale) };
  const regions = input.regions.map((region, index) => ({
    ...region,
    ...markOf(index),
    number: String(index + 1),
  }));
  const legend = renderLegend(regions, {
    ...input,
    warning: input.doubts?.length
      ? `In doubt: ${input.doubts.map(({ code }) => code).join(', ')}`
      : undefined,
    notes: input.heatMap && [`Heat map: ${input.heatMap.label}. The classifier sees the middle square.`],
    width: LEGEND_WIDTH,
    preferredHeight: 1.35 * film.height,
  });
  const width = MARGIN + film.width + MARGIN + legend.width + MARGIN;
  const body = Math.ceil(Math.max(film.height, legend.height));
  const notice = renderNotice(input.notice ?? INTENDED_USE, width, MARGIN + body + MARGIN);
  const height = MARGIN + body + MARGIN + notice.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT_FAMILY}">`,
    `<title>${escapeXml(input.title ?? 'Chest radiograph with described regions')}</title>`,
    `<rect width="${width}" height="${height}" fill="#14171a"/>`,
    `<svg x="${MARGIN}" y="${MARGIN}" width="${film.width}" height="${film.height}" viewBox="0 0 ${film.width} ${film.height}">`,
    `<rect width="${film.width}" height="${film.height}" fill="#000"/>`,
    `<image href="${input.imageHref}" width="${film.width}" height="${film.height}" preserveAspectRatio="none"/>`,
    ...(input.heatMap ? [renderHeatMap(input.heatMap, scale)] : []),
    renderBoxes(regions, scale, input),
    '</svg>',
    `<g transform="translate(${MARGIN + film.width + MARGIN} ${MARGIN})">${legend.svg}</g>`,
    notice.svg,
    '</svg>',
  ].join('\n');
}

function renderBoxes(
  entries: readonly LegendEntry[],
  scale: number,
  film: { width: number; height: number },
): string {
  const boxed = entries.flatMap((entry) =>
    entry.box ? [{ entry, box: scaleBox(clipBox(entry.box, film), scale) }] : [],
  );
  const tagWidth = entries.length > 9 ? 34 : 26;
  const tags = placeTags(
    boxed.map(({ box }) => box),
    { width: tagWidth, height: TAG_HEIGHT },
    { width: film.width * scale, height: film.height * scale },
  );
  const largestFirst = [...boxed].sort((a, b) => boxArea(b.box) - boxArea(a.box));
  const outlines = largestFirst.map(({ entry, box }) => renderOutline(entry, box));
  return [...outlines, ...boxed.map(({ entry }, index) => renderTag(entry, tags[index]!))].join('\n');
}

/** A coloured line on a wider dark one, so that it shows on bright and dark tissue. */
function renderOutline(mark: Mark & { name: string }, box: Box): string {
  const [width, height] = [round(box.x2 - box.x1), round(box.y2 - box.y1)];
  const frame = `x="${round(box.x1)}" y="${round(box.y1)}" width="${width}" height="${height}" rx="3" fill="none"`;
  const dashes = mark.dashes ? ` stroke-dasharray="${mark.dashes}"` : '';
  return (
    `<g><title>${escapeXml(mark.name)}</title><rect ${frame} stroke="#000" stroke-opacity="0.55" stroke-width="6"/>` +
    `<rect ${frame} stroke="${mark.colour}" stroke-width="3"${dashes}/></g>`
  );
}

function renderTag(entry: LegendEntry, place: Box): string {
  const width = place.x2 - place.x1;
  const centre = round(place.x1 + width / 2);
  return (
    `<rect x="${round(place.x1)}" y="${round(place.y1)}" width="${width}" height="${TAG_HEIGHT}" rx="4" fill="${entry.colour}" stroke="#000" stroke-width="1.5"/>` +
    `<text x="${centre}" y="${round(place.y1 + 19.5)}" font-size="18" font-weight="700" fill="#000" text-anchor="middle">${entry.number}</text>`
  );
}

function renderNotice(text: string, width: number, top: number): { svg: string; height: number } {
  const lines = wrapText(text, width - 2 * MARGIN, NOTICE_STYLE);
  const height = lines.length * 24 + 20;
  const rows = lines.map(
    (line, index) =>
      `<text x="${MARGIN}" y="${top + 28 + index * 24}" font-size="${NOTICE_STYLE.fontSize}" font-weight="700" fill="#14171a">${escapeXml(line)}</text>`,
  );
  return {
    svg: [`<rect y="${top}" width="${width}" height="${height}" fill="#F2C14E"/>`, ...rows].join('\n'),
    height,
  };
}

function checkInput(input: OverlayInput): void {
  const isSide = (value: number) => Number.isFinite(value) && value > 0;
  if (!isSide(input.width) || !isSide(input.height)) {
    throw new ConfigError(
      `pipeline.renderOverlaySvg: expected positive sides, got ${input.width}x${input.height}; pass the size of the film.`,
    );
  }
  if (!/^data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+$/.test(input.imageHref)) {
    throw new ConfigError(
      `pipeline.renderOverlaySvg: expected imageHref to be a base64 data URI of a PNG or JPEG picture, got ${JSON.stringify(input.imageHref.slice(0, 40))}; make one with createImageHref.`,
    );
  }
  const { heatMap } = input;
  if (heatMap && heatMap.values.length !== heatMap.height * heatMap.width) {
    throw new ConfigError(
      `pipeline.renderOverlaySvg: expected ${heatMap.height * heatMap.width} values in a heat map of ${heatMap.height} x ${heatMap.width} cells, got ${heatMap.values.length}; give one per cell.`,
    );
  }
  const boxes = heatMap ? [...input.regions, { name: 'the heat map', box: heatMap.box }] : input.regions;
  for (const { name, box } of boxes) {
    if (!box || [box.x1, box.y1, box.x2, box.y2].every(Number.isFinite)) continue;
    throw new ConfigError(
      `pipeline.renderOverlaySvg: expected a finite box for ${name}, got ${JSON.stringify(box)}; pass pixels or null.`,
    );
  }
}

function scaleBox(box: Box, scale: number): Box {
  return { x1: box.x1 * scale, y1: box.y1 * scale, x2: box.x2 * scale, y2: box.y2 * scale };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
