import { defineConfig } from 'tsup';

/** Workers of a page hold all that they need, codec and module alike: a file each, whatever bundler copies it. */
export default defineConfig({
  entry: {
    'dicom-worker-browser': 'src/dicom/browser/dicom-worker.ts',
    'dicom-worker-jpeg-ls': 'src/dicom/browser/dicom-worker-jpeg-ls.ts',
    'dicom-worker-jpeg-2000': 'src/dicom/browser/dicom-worker-jpeg-2000.ts',
    'dicom-worker-htj2k': 'src/dicom/browser/dicom-worker-htj2k.ts',
  },
  format: ['esm'],
  platform: 'browser',
  target: 'es2022',
  noExternal: [/.*/],
  esbuildOptions(options) {
    // What the codecs do where they run in Node is left out; webpack takes a mention of these names for a use of them.
    options.define = {
      ...options.define,
      process: 'undefined',
      __filename: 'undefined',
      __dirname: 'undefined',
    };
    options.external = ['fs', 'path', 'url', 'crypto'];
  },
  loader: { '.wasm': 'binary' },
  splitting: false,
  minify: true,
  clean: false,
});
