import { defineConfig } from 'vitest/config';

const conditions = ['@crrg/source', 'import', 'module', 'node', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'benchmarks/src/**/*.test.ts',
      'parity/src/**/*.test.ts',
      'recipes/**/*.test.ts',
      'scripts/**/*.test.ts',
      'docs/.vitepress/*.test.ts',
    ],
    testTimeout: 60_000,
    pool: 'forks',
  },
});
