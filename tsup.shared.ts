import { defineConfig, type Options } from 'tsup';

/** The one build recipe of every library here: ESM, typed, no bundled siblings. */
export function library(entry: string[], options: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ['esm'],
    platform: 'neutral',
    target: 'es2022',
    dts: true,
    sourcemap: true,
    clean: true,
    external: [/^@crrg\//, /^node:/],
    ...options,
  });
}
