import { testBackend } from '@crrg/tensor/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { findChromium } from './chromium.js';
import { openPageBackend } from './page-backend.js';
import { openPage, type Page } from './page-link.js';
import { PAGE_ENGINES } from './protocol.js';

const chosen = process.env['CRRG_PAGE_ENGINES']?.split(',');

for (const engine of PAGE_ENGINES.filter((name) => !chosen || chosen.includes(name))) {
  describe.skipIf(!findChromium())(`in a page: ${engine}`, () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage();
    });
    afterAll(() => page.close());
    testBackend(engine, async () => {
      const backend = await openPageBackend(page, engine);
      console.log(`${backend.name} on ${backend.device}`);
      return backend;
    });
  });
}
