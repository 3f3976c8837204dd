import path from 'node:path';
import { PICTURE_KIND, type OutputClaims } from '../output/claims.js';
import { writePicture } from '../output/write-picture.js';

/** A picture as SVG text and the name of its file without an extension. */
export interface Plot {
  readonly name: string;
  readonly svg: string;
}

/** File formats of plots. */
export const PLOT_FORMATS = ['svg', 'png'] as const;
export type PlotFormat = (typeof PLOT_FORMATS)[number];

/** Pixels of a PNG plot per pixel of the SVG, so that text stays sharp in print. */
const ZOOM = 2;

/** A name that is safe as a file name anywhere. */
export function fileNameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name.slice(0, 60) || 'plot';
}

/**
 * Sets the files of plots apart.
 * @throws {UsageError} where one of them is not ours to replace
 */
export async function claimPlots(
  folder: string,
  names: Iterable<string>,
  format: PlotFormat,
  claims: OutputClaims,
): Promise<void> {
  for (const name of names) {
    const file = path.join(folder, `${name}.${format}`);
    await claims.claim({ option: '--plots', file, kind: PICTURE_KIND });
  }
}

/** Writes plots to a folder that is made where it is missing; the names of the files. */
export async function writePlots(
  folder: string,
  plots: readonly Plot[],
  format: PlotFormat,
): Promise<string[]> {
  const files: string[] = [];
  for (const { name, svg } of plots) {
    const file = path.join(folder, `${name}.${format}`);
    await writePicture(file, format === 'svg' ? svg : await toPng(svg));
    files.push(file);
  }
  return files;
}

async function toPng(svg: string): Promise<Uint8Array> {
  const { renderSvgPng } = await import('@crrg/pipeline');
  return renderSvgPng(svg, { zoom: ZOOM });
}
