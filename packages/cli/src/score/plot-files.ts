import path from 'node:path';
import { writeFileAtomically } from '@crrg/core/node';

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

/** Writes plots to a folder that is made where it is missing; the names of the files. */
export async function writePlots(
  folder: string,
  plots: readonly Plot[],
  format: PlotFormat,
): Promise<string[]> {
  const files: string[] = [];
  for (const { name, svg } of plots) {
    const file = path.join(folder, `${name}.${format}`);
    const content = format === 'svg' ? svg : await toPng(svg);
    await writeFileAtomically(file, content);
    files.push(file);
  }
  return files;
}

async function toPng(svg: string): Promise<Uint8Array> {
  const { renderSvgPng } = await import('@crrg/pipeline');
  return renderSvgPng(svg, { zoom: ZOOM });
}
