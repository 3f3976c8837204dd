import { fileURLToPath } from 'node:url';

export default {
  mode: 'production',
  entry: './src/page.js',
  experiments: { outputModule: true },
  output: {
    path: fileURLToPath(new URL('dist/webpack', import.meta.url)),
    module: true,
    filename: 'page.js',
    publicPath: 'auto',
  },
  performance: { hints: false },
};
