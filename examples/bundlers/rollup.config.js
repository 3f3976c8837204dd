import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { copyAssets } from './copy-assets.js';

export default {
  input: 'src/page.js',
  output: { dir: 'dist/rollup', format: 'es' },
  plugins: [
    nodeResolve({ browser: true, preferBuiltins: false }),
    commonjs(),
    { name: 'copy-assets', writeBundle: () => copyAssets('dist/rollup') },
  ],
};
