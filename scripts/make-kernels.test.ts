import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KERNELS_FILE, makeKernels } from './make-kernels.js';

it('the kernels are what their source compiles to', async () => {
  expect(readFileSync(KERNELS_FILE, 'utf8')).toBe(await makeKernels());
}, 30_000);
