import { renderOverlaySvg, type OverlayInput } from './overlay/render-overlay.js';
import { renderSvgPng, type SvgPngOptions } from './svg-png-node.js';

/**
 * {@link renderOverlaySvg} as the bytes of a PNG file, see {@link renderSvgPng}.
 *
 * @example
 * ```ts
 * await writeFile('overlay.png', await renderOverlayPng(input));
 * ```
 * @throws `ConfigError` as {@link renderOverlaySvg}
 * @throws `BackendError` where the optional package `@resvg/resvg-js` is not installed
 */
export async function renderOverlayPng(
  input: OverlayInput,
  options: SvgPngOptions = {},
): Promise<Uint8Array> {
  return renderSvgPng(renderOverlaySvg(input), options);
}
