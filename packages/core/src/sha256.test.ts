import { afterEach, expect, it, vi } from 'vitest';
import { BackendError, computeSha256 } from './index.js';

afterEach(() => vi.unstubAllGlobals());

it('says what to do on a page over plain http, where there is no Web Crypto', async () => {
  expect(await computeSha256(Uint8Array.of())).toMatch(/^e3b0c44298fc1c14/);
  vi.stubGlobal('crypto', {});
  const failure: unknown = await computeSha256(Uint8Array.of()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BackendError);
  expect((failure as Error).message).toContain('serve the page over https, or from localhost');
});
