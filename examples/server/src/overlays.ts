import { Buffer } from 'node:buffer';
import type { Report } from '@crrg/pipeline';
import { Piscina } from 'piscina';
import type { OverlayTask } from './overlay-thread.js';

/** Media types of overlays. */
export const OVERLAY_TYPES = ['image/png', 'image/svg+xml'] as const;
export type OverlayType = (typeof OVERLAY_TYPES)[number];

/** Draws overlays in a thread of their own: a large film takes a second, in which the server answers others. */
export class Overlays {
  private readonly threads = new Piscina<OverlayTask, string | Uint8Array>({
    filename: new URL('overlay-thread.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
  });

  /** The film with its report, as a picture. */
  async draw(film: File | Uint8Array, report: Report, type: OverlayType): Promise<Buffer> {
    const bytes = film instanceof Uint8Array ? film : new Uint8Array(await film.arrayBuffer());
    return Buffer.from(await this.threads.run({ bytes, report, type }));
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}
