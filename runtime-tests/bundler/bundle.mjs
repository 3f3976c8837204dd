import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const esbuild = createRequire(process.env.CRRG_TOOLS)('esbuild');

/** Bundles an entry of this folder's parent for browsers: the code, and the files that went in. */
export async function bundleForBrowser(entry) {
  const result = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    outdir: '.',
    metafile: true,
    logLevel: 'silent',
  });
  return {
    code: result.outputFiles[0].text,
    inputs: Object.keys(result.metafile.inputs),
    outputs: Object.values(result.metafile.outputs),
  };
}
