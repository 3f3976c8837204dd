import { BackendError, type AbortOptions } from '@crrg/core';
import type * as Resvg from '@resvg/resvg-js';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackageFile } from './package-files-node.js';

type ResvgModule = typeof Resvg;

const FONT_FILES = ['noto-sans-latin-400.ttf', 'noto-sans-latin-700.ttf'];

/** Options of {@link renderSvgPng}. */
export interface SvgPngOptions extends AbortOptions {
  /** Pixels of the result per pixel of the SVG. @defaultValue 1 */
  readonly zoom?: number | undefined;
  /** Folder with the fonts, for a bundled server without `node_modules`: a copy of `fonts` of this package. @defaultValue that of this package */
  readonly fontFolder?: string | undefined;
}

/**
 * An SVG picture as the bytes of a PNG file. The fonts for Latin text are part of the package; the system's fonts are searched only for
 * other letters.
 *
 * @throws {@link BackendError} where the optional package `@resvg/resvg-js` is not installed, or the fonts are not there
 */
export async function renderSvgPng(svg: string, options: SvgPngOptions = {}): Promise<Uint8Array> {
  const { renderAsync } = await importResvg();
  options.signal?.throwIfAborted();
  const settings = {
    fitTo: { mode: 'zoom', value: options.zoom ?? 1 },
    font: {
      fontFiles: FONT_FILES.map((file) => fontPath(file, options.fontFolder)),
      loadSystemFonts: hasOtherLetters(svg),
      defaultFontFamily: 'Noto Sans',
      sansSerifFamily: 'Noto Sans',
    },
  } as const;
  return (await renderAsync(svg, settings)).asPng();
}

/** @throws {BackendError} where there is none: a picture without its texts would lack the notice and the doubts */
function fontPath(file: string, folder: string | undefined): string {
  const found =
    folder === undefined
      ? (fontBesideModule(file) ?? findPackageFile('@crrg/pipeline', path.join('fonts', file)))
      : path.join(folder, file);
  if (found !== undefined && existsSync(found)) return found;
  throw new BackendError(
    `pipeline.renderSvgPng: expected the font ${file}, got none in ${folder ?? 'the package @crrg/pipeline, as where a bundler left it behind'}; keep @crrg/pipeline out of the bundle, or copy its folder fonts and name the copy as fontFolder.`,
  );
}

function fontBesideModule(file: string): string | undefined {
  try {
    const found = fileURLToPath(new URL(`../fonts/${file}`, import.meta.url));
    return existsSync(found) ? found : undefined;
  } catch {
    return undefined; // A bundle in CommonJS has no import.meta.url.
  }
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
