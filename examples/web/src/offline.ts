/** How long the start waits for the service worker on a first visit. */
const PATIENCE_MS = 3000;

/**
 * Registers the service worker and waits until it answers for this page, so that it keeps also the engine that a first visit loads. A
 * browser without service workers goes on without.
 */
export async function startOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const isServed = new Promise<void>((resolve) => {
    if (navigator.serviceWorker.controller) resolve();
    navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await navigator.serviceWorker.register('./service-worker.js');
    await isServed;
  } catch {
    // Refused, as in some private windows: the page works, but not offline.
  }
}
