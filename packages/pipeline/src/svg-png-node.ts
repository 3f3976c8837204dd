import { BackendError, type AbortOptions } from '@crrg/core';
import type * as Resvg from '@resvg/resvg-js';
import { fileURLToPath } from 'node:url';

type ResvgModule = typeof Resvg;

const FONT_FILES = ['noto-sans-latin-400.ttf', 'noto-sans-latin-700.ttf'];

/** Options of {@link renderSvgPng}. */
export interface SvgPngOptions extends AbortOptions {
  /** Pixels of the result per pixel of the SVG. @defaultValue 1 */
  readonly zoom?: number | undefined;
}

/**
 * An SVG picture as the bytes of a PNG file. The fonts for Latin text are part of the package; the system's fonts are searched only for
 * other letters.
 *
 * @throws {@link BackendError} where the optional package `@resvg/resvg-js` is not installed
 */
export async function renderSvgPng(svg: string, options: SvgPngOptions = {}): Promise<Uint8Array> {
  const { renderAsync } = await importResvg();
  options.signal?.throwIfAborted();
  const settings = {
    fitTo: { mode: 'zoom', value: options.zoom ?? 1 },
    font: {
      fontFiles: FONT_FILES.map((file) => fileURLToPath(new URL(`../fonts/${file}`, import.meta.url))),
      loadSystemFonts: hasOtherLetters(svg),
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
      'pipeline.renderSvgPng: expected the package @resvg/resvg-js, got none; run `npm install @resvg/resvg-js` or write an .svg file.',
      { cause },
    );
  }
}

/** True for letters beyond Latin-1, common punctuation and the minus sign, which the bundled fonts lack. */
function hasOtherLetters(svg: string): boolean {
  return /[^\u0000-\u00FF\u2013-\u2026\u2212]/.test(svg);
}
