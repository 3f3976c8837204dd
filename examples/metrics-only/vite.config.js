import { defineConfig } from 'vite';

// Relative addresses: the folder dist runs wherever it is put, also below a path.
export default defineConfig({ base: './', worker: { format: 'es' } });
