import { defineConfig, type Options } from 'tsup';

/** The one build recipe of every library here: ESM, typed, nothing bundled but its own source. */
export function library(
  entry: string[] | Record<string, string>,
  options: Options = {},
): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ['esm'],
    platform: 'neutral',
    target: 'es2022',
    dts: true,
    sourcemap: true,
    clean: true,
    // Every import that is not a path stays an import: siblings, libraries, optional peers, subpath imports.
    skipNodeModulesBundle: true,
    // Bundlers recognise Node's modules by their prefix.
    removeNodeProtocol: false,
    ...options,
  });
}
