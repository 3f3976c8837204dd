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
    // Codecs ask for the modules of Node only where they run in Node.
    options.external = ['fs', 'path', 'url', 'crypto'];
  },
  loader: { '.wasm': 'binary' },
  splitting: false,
  minify: true,
  clean: false,
});
