/** How long the start waits for the service worker on a first visit. */
const PATIENCE_MS = 3000;

/**
 * Registers the service worker and waits until it answers for this page, so that it keeps also the engine that a first visit loads. A
 * browser without service workers goes on without.
 */
export async function startOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const isServing = new Promise<void>((resolve) => {
    if (serviceWorker.controller) resolve();
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await serviceWorker.register('./service-worker.js');
    await isServing;
  } catch {
    // Refused, as in some private windows: the page works, but not offline.
  }
}

/** Has the service worker keep every script of the page; resolves when it has, and never where there is none. */
export function keepScripts(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    if ('serviceWorker' in navigator) navigator.serviceWorker.controller?.postMessage('keep', [port2]);
  });
}
