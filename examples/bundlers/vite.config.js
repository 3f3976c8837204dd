import { defineConfig } from 'vite';

export default defineConfig({
  build: { outDir: 'dist/vite', target: 'es2022', reportCompressedSize: false },
  // The development server bundles packages one by one; ours find their workers and onnxruntime-web its .wasm only where they are.
  optimizeDeps: { exclude: ['@crrg/pipeline', '@crrg/image', 'onnxruntime-web'] },
});
