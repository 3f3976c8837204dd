import { build } from 'esbuild';
import { copyAssets } from './copy-assets.js';

await build({
  entryPoints: ['src/page.js'],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  outdir: 'dist/esbuild',
});
copyAssets('dist/esbuild');
