import { loadRadiograph, overlayOf, renderOverlayPng, renderOverlaySvg, type Report } from '@crrg/pipeline';

export interface OverlayTask {
  readonly bytes: Uint8Array;
  readonly report: Report;
  readonly type: 'image/png' | 'image/svg+xml';
}

/** Draws one overlay; runs in a thread. */
export default async function drawOverlay({
  bytes,
  report,
  type,
}: OverlayTask): Promise<string | Uint8Array> {
  const overlay = overlayOf(report, await loadRadiograph(bytes));
  return type === 'image/png' ? renderOverlayPng(overlay) : renderOverlaySvg(overlay);
}
