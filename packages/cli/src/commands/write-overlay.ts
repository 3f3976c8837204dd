import type { OverlayInput } from '@crrg/pipeline';
import { writePicture } from '../output/write-picture.js';

/** Writes an overlay as SVG or PNG, by the name of the file. */
export async function writeOverlay(target: string, overlay: OverlayInput): Promise<void> {
  const { renderOverlayPng, renderOverlaySvg } = await import('@crrg/pipeline');
  const isPng = target.toLowerCase().endsWith('.png');
  await writePicture(target, isPng ? await renderOverlayPng(overlay) : renderOverlaySvg(overlay));
}
