import { testBackend } from '@crrg/tensor/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { findChromium } from './chromium.js';
import { openPageBackend } from './page-backend.js';
import { openPage, type Page } from './page-link.js';
import { PAGE_ENGINES } from './protocol.js';

const chosen = process.env['CRRG_PAGE_ENGINES']?.split(',');

/** ONNX Runtime's kernels for WebGPU refuse operands without elements. */
const NOTHING_ON_WEBGPU = [
  'sums of nothing are 0, maxima of nothing -Infinity, means of nothing undefined',
  'operations on nothing give nothing',
  'a product over an inner size of 0 is 0',
];

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
