import type { OverlayInput } from '@crrg/pipeline';
import { writeFileAtomically } from '@crrg/core/node';

/** Writes an overlay as SVG or PNG, by the name of the file. */
export async function writeOverlay(target: string, overlay: OverlayInput): Promise<void> {
  const { renderOverlayPng, renderOverlaySvg } = await import('@crrg/pipeline');
  const isPng = target.toLowerCase().endsWith('.png');
  await writeFileAtomically(target, isPng ? await renderOverlayPng(overlay) : renderOverlaySvg(overlay));
}
