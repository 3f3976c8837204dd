import { BackendError } from './errors.js';

/**
 * SHA-256 in lower-case hexadecimal.
 * @throws {BackendError} on a page that came over plain http, where browsers offer no Web Crypto
 */
export async function computeSha256(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    throw new BackendError(
      'core.computeSha256: expected Web Crypto to check files with, got none, as on every page over plain http; serve the page over https, or from localhost.',
    );
  }
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
