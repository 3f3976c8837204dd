import type { Plugin } from 'vite';

/**
 * What the built page may load: its own files and nothing else, so no film can leave. `wasm-unsafe-eval` allows WebAssembly, `data:` and
 * `blob:` the pictures that the page makes itself. Not while developing, where Vite inserts scripts and styles of its own.
 */
export const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Writes the policy into the page. */
export const securityPolicy = (): Plugin => ({
  name: 'security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: SECURITY_POLICY },
      injectTo: 'head-prepend',
    },
  ],
});
