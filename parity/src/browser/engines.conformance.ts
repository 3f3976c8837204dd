import { testBackend } from '@crrg/tensor/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { findChromium } from './chromium.js';
import { openPageBackend } from './page-backend.js';
import { openPage, type Page } from './page-link.js';
import { NOTHING_ON_WEBGPU } from '../webgpu/lacks.js';
import { PAGE_ENGINES } from './protocol.js';

const chosen = process.env['CRRG_PAGE_ENGINES']?.split(',');

for (const engine of PAGE_ENGINES.filter((name) => !chosen || chosen.includes(name))) {
  describe.skipIf(!findChromium())(`in a page: ${engine}`, () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage();
    });
    afterAll(() => page.close());
    let isSaid = false;
    const create = async () => {
      const backend = await openPageBackend(page, engine);
      if (!isSaid) console.log(`${backend.name} on ${backend.device}`);
      isSaid = true;
      return backend;
    };
    testBackend(engine, create, { lacks: engine === 'onnx-webgpu' ? NOTHING_ON_WEBGPU : [] });
  });
}
