import { defineConfig } from 'vite';
import { demonstrationWeights } from './build/demonstration-weights.js';
import { offlineFiles } from './build/offline-files.js';
import { securityPolicy } from './build/security-policy.js';

export default defineConfig({
  // Every address is relative: the build runs at the root of a host and in any folder of it.
  base: './',
  plugins: [securityPolicy(), demonstrationWeights(), offlineFiles()],
  worker: { format: 'es' },
  optimizeDeps: {
    // Their workers are files beside them, which the development server must not move.
    exclude: ['@crrg/pipeline', '@crrg/image'],
    // Found only when a worker asks for it, which would load the page again.
    include: ['@crrg/backend-tfjs'],
  },
  build: { target: 'es2022' },
});
