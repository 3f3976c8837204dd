import { Buffer } from 'node:buffer';
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

  /** The film with its report, as a picture. An abort rejects at once; a drawing that has begun is finished, as its code is native. */
  async draw({ signal, ...task }: OverlayTask & { readonly signal: AbortSignal }): Promise<Buffer> {
    signal.throwIfAborted();
    const drawing = this.threads.run(task);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return Buffer.from(await Promise.race([drawing, aborted]));
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}
