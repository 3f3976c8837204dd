import { BackendError, type AbortOptions } from '@crrg/core';
import type * as Resvg from '@resvg/resvg-js';
import { fileURLToPath } from 'node:url';
import { renderOverlaySvg, type OverlayInput } from './overlay.js';

type ResvgModule = typeof Resvg;

const FONT_FILES = ['noto-sans-latin-400.ttf', 'noto-sans-latin-700.ttf'];

/**
 * {@link renderOverlaySvg} as the bytes of a PNG file. The fonts for Latin text are part of the package; the system's fonts are
 * searched only for other letters.
 *
 * @example
 * ```ts
 * await writeFile('overlay.png', await renderOverlayPng(input));
 * ```
 * @throws `ConfigError` as {@link renderOverlaySvg}
 * @throws {@link BackendError} where the optional package `@resvg/resvg-js` is not installed
 */
export async function renderOverlayPng(
  input: OverlayInput,
  options: AbortOptions & {
    /** Pixels of the result per pixel of the SVG. @defaultValue 1 */
    readonly zoom?: number | undefined;
  } = {},
): Promise<Uint8Array> {
  const svg = renderOverlaySvg(input);
  const { renderAsync } = await importResvg();
  options.signal?.throwIfAborted();
  const settings = {
    fitTo: { mode: 'zoom', value: options.zoom ?? 1 },
    font: {
      fontFiles: FONT_FILES.map((file) => fileURLToPath(new URL(`../fonts/${file}`, import.meta.url))),
      loadSystemFonts: hasOtherLetters(input),
      defaultFontFamily: 'Noto Sans',
      sansSerifFamily: 'Noto Sans',
    },
  } as const;
  return (await renderAsync(svg, settings)).asPng();
}

async function importResvg(): Promise<ResvgModule> {
  try {
    return await import('@resvg/resvg-js');
  } catch (cause) {
    throw new BackendError(
      'pipeline.renderOverlayPng: expected the package @resvg/resvg-js, got none; run `npm install @resvg/resvg-js` or write an .svg overlay.',
      { cause },
    );
  }
}

/** True for text beyond Latin-1 and common punctuation, which the bundled fonts lack. */
function hasOtherLetters({ regions, title, notice, scoreName, heatMap }: OverlayInput): boolean {
  const texts = [
    title,
    notice,
    scoreName,
    heatMap?.label,
    ...regions.flatMap(({ name, sentence }) => [name, sentence]),
  ];
  return /[^\u0000-\u00FF\u2013-\u2026]/.test(texts.join(' '));
}
