import { defineConfig } from 'vite';
import { demonstrationWeights } from './build/demonstration-weights.js';
import { offlineFiles } from './build/offline-files.js';
import { securityPolicy } from './build/security-policy.js';

export default defineConfig({
  // Every address is relative: the build runs at the root of a host and in any folder of it.
  base: './',
  plugins: [securityPolicy(), demonstrationWeights(), offlineFiles()],
  worker: { format: 'es' },
  build: { target: 'es2022' },
});
