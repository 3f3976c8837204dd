/// <reference lib="webworker" />
// Written in by `build/offline-files.ts`.
/** Files without which there is no page. */
declare const PAGE: readonly string[];
/** Workers and codecs, which may not be needed yet. */
declare const SCRIPTS: readonly string[];
/** Name of this build. */
declare const BUILD: string;

const scope = globalThis as unknown as ServiceWorkerGlobalScope;
/** Of this page alone: other folders of the host may have theirs. */
const PREFIX = `crrg-web ${scope.registration.scope} `;
const CACHE = PREFIX + BUILD;

// A newer build waits until no page of the older one is open, whose files it would take away.
scope.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(PAGE)));
});

/** Forgets older builds. */
async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

scope.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => scope.clients.claim()));
});

async function keepScripts(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const name of SCRIPTS) if (!(await cache.match(name))) await cache.add(name);
}

// A page that is ready asks for the rest, and hears when nothing is missing.
scope.addEventListener('message', (event) => {
  event.waitUntil(keepScripts().then(() => event.ports[0]?.postMessage('kept')));
});

/** Files with a hash in their names never change: the first answer is kept. */
const isHashed = (path: string) => /\/assets\/.*-[\w-]{8}\.\w+$/.test(path);

async function fromCache(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && isHashed(new URL(request.url).pathname)) await cache.put(request, response.clone());
  return response;
}

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== scope.location.origin) return;
  // Weights are kept by the library, which checks their hashes.
  if (pathname.includes('/models/') || request.headers.has('range')) return;
  event.respondWith(fromCache(request.mode === 'navigate' ? new Request('./index.html') : request));
});
