import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';

const { file, find, replace } = JSON.parse(process.env['CRRG_MUTANT'] ?? '{}') as Record<string, string>;
const target = path.resolve(file ?? '');

/** Changes the mutant's file as it is loaded; nothing on disk is touched. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: 'crrg-mutant',
        enforce: 'pre',
        load: (id) => (id === target ? readFileSync(id, 'utf8').replace(find!, () => replace!) : undefined),
      },
    ],
    test: { bail: 1, maxWorkers: 1, testTimeout: 60_000 },
  }),
);
