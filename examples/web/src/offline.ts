/** How long the start waits for the service worker on a first visit. */
const PATIENCE_MS = 3000;

/** What the service worker does for this page. */
export interface Offline {
  /** Resolves when it answers for this page, so that it keeps also the engine that a first visit loads; or after a while without it. */
  readonly isServing: Promise<void>;
  /** Resolves when it has every file of the page; never where there is none. */
  readonly isKept: Promise<void>;
}

const isNever = new Promise<void>(() => {});

/** Registers the service worker. A browser without service workers goes on without. */
export function startOffline(): Offline {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator))
    return { isServing: Promise.resolve(), isKept: isNever };
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return { isServing: Promise.resolve(), isKept: Promise.resolve() };
  const isKept = new Promise<void>((resolve) => {
    serviceWorker.addEventListener('message', ({ data }) => data === 'kept' && resolve());
    serviceWorker.startMessages();
  });
  const isServing = new Promise<void>((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE_MS);
    // Refused, as in some private windows: the page works, but not offline.
    serviceWorker.register('./service-worker.js').catch(() => resolve());
  });
  return { isServing, isKept };
}
